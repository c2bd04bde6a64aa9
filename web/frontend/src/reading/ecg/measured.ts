/** The measured table of an ECG: a value is set by a click or by `G`; what was set stands beside the machine's. */
import { fill, h } from "../../dom/element";
import { exactTime, localTime } from "../../dom/time";
import { t } from "../../i18n";
import type { Case } from "../contract";
import { measurementText } from "../words";
import type { Editing } from "./editing";
import {
  figure,
  isNotAssessed,
  type Measured,
  missingText,
  measuredOf,
  SETTABLE,
  unitText,
} from "./measured-values";

export class MeasuredTable {
  readonly element = h("div", { class: "measured" });

  constructor(
    private readonly data: Case,
    private instance: string,
    private readonly editing: Editing,
  ) {
    editing.watch(() => this.draw());
    this.draw();
  }

  /** Shows the values of another recording of the study. */
  show(instance: string): void {
    this.instance = instance;
    this.draw();
  }

  /** Opens the first value for typing; Tab goes on to the next. */
  focus(): void {
    this.open(SETTABLE[0] as string);
  }

  /** Draws the rows anew; a value that is being typed just now stays open. */
  private draw(): void {
    const open = this.element.querySelector<HTMLInputElement>(".measure-field");
    const typing = open?.closest<HTMLElement>("[data-measure]")?.dataset["measure"];
    if (open) open.onblur = null;
    this.rows();
    if (open && typing) this.open(typing, open.value);
  }

  private rows(): void {
    const rows = measuredOf(this.data, this.instance);
    fill(
      this.element,
      h(
        "table",
        { class: "measures" },
        h("caption", { class: "hidden-visually" }, t("measurements")),
        h("tbody", {}, ...withoutFollowing(rows).map((one) => this.row(one))),
      ),
      this.author(rows),
    );
  }

  private author(rows: Measured[]): HTMLElement | null {
    const edit = this.editing.of(this.instance);
    if (!edit || !rows.some((one) => one.edited)) return null;
    const undo = () => this.editing.undo(this.instance);
    return h(
      "p",
      { class: "measured-by small" },
      h("span", { class: "badge badge-warn" }, t("edited")),
      h(
        "span",
        { title: exactTime(edit.at) },
        t("editedBy", { who: edit.by, when: localTime(edit.at, "time") }),
      ),
      !this.editing.why &&
        h(
          "button",
          { type: "button", class: "button button-quiet button-small", on: { click: undo } },
          t("editUndo"),
        ),
    );
  }

  private row(one: Measured): HTMLElement {
    const cell = h("td", { class: "num" }, this.value(one));
    if (one.edited) cell.prepend(was(one), " ");
    else if (one.value === null && one.reason)
      cell.className = isNotAssessed(one.why) ? "measure-skipped" : "measure-none";
    return h(
      "tr",
      { data: { measure: one.name }, class: one.edited ? "measure-edited" : "", title: one.method },
      h("th", { scope: "row" }, labelOf(one)),
      cell,
    );
  }

  private value(one: Measured): HTMLElement {
    const words =
      one.value === null
        ? [
            h("span", { title: one.reason }, missingText(one.why)),
            one.reason &&
              h(
                "span",
                { class: isNotAssessed(one.why) ? "hidden-visually" : "muted small" },
                ` ${one.reason}`,
              ),
          ]
        : [h("strong", {}, figure(one.value)), ` ${unitText(one.unit)}`];
    if (!SETTABLE.includes(one.name)) return h("span", {}, ...words);
    const why = this.editing.why;
    return h(
      "button",
      {
        type: "button",
        class: "measure-set",
        disabled: why !== "",
        title: why || t("editValue"),
        "aria-label": [measurementText(one.name), ...words.map(textOf)].join(" "),
        on: { click: () => this.open(one.name) },
      },
      ...words,
    );
  }

  private open(name: string, text?: string): void {
    const one = measuredOf(this.data, this.instance).find((each) => each.name === name);
    const cell = this.element.querySelector(`[data-measure="${name}"] td`);
    if (!one || !cell || this.editing.why) return;
    const field = h("input", {
      class: "measure-field num",
      inputmode: "decimal",
      autocomplete: "off",
      maxlength: 6,
      value: one.value === null ? "" : figure(one.value),
      "aria-label": `${measurementText(name)} ${unitText(one.unit)}`,
      title: t("editField"),
    });
    const close = (next?: string) => {
      field.onblur = null;
      this.rows();
      if (next) this.open(next);
    };
    const keep = (next?: string) => {
      const typed = read(field.value, one);
      if (typed === undefined) return field.setAttribute("aria-invalid", "true");
      if (typed !== "same") this.editing.type(this.instance, name, typed);
      close(next);
    };
    field.onblur = () => keep();
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const next = SETTABLE[SETTABLE.indexOf(name) + (event.shiftKey ? -1 : 1)];
      if (event.key === "Escape") close();
      else if (event.key === "Enter" && !event.ctrlKey) keep();
      else if (event.key === "Tab" && next) keep(next);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    fill(cell, field, ` ${unitText(one.unit)}`);
    field.focus();
    field.select();
    if (text !== undefined) field.value = text;
  }
}

/** Without a QT there is no QTc either: one row says so, and leaves the report its room. */
function withoutFollowing(rows: Measured[]): Measured[] {
  const qt = rows.find((one) => one.name === "qt");
  return qt?.value === null ? rows.filter((one) => !one.name.startsWith("qtc_") || one.value !== null) : rows;
}

function labelOf(one: Measured): string {
  const label = measurementText(one.name);
  return one.name === "qt" && one.value === null ? `${label} · QTc` : label;
}

/** What was typed: a number, null for nothing (the machine's again), "same", or undefined for no number. */
function read(text: string, one: Measured): number | null | "same" | undefined {
  const word = text.trim().replace("−", "-").replace("。", ".");
  if (!word) return one.edited ? null : "same";
  const number = Number(word);
  if (!Number.isFinite(number)) return undefined;
  return one.value !== null && word === figure(one.value) ? "same" : number;
}

function textOf(word: Node | string | false): string {
  return word ? (word instanceof Node ? (word.textContent ?? "") : word).trim() : "";
}

function was(one: Measured): HTMLElement {
  const label = h("span", { class: "hidden-visually" }, t("editMachine"), " ");
  const text = one.machine === null ? h("span", {}, "—") : h("del", {}, figure(one.machine));
  return h("span", { class: "measure-was small", title: t("editMachine") }, label, text);
}

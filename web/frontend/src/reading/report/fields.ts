/** The fields of the report and their texts. */
import { h } from "../../dom/element";
import { type Key, t } from "../../i18n";
import type { Text, Words } from "../contract";

type Name = keyof Text;
const LABELS: Record<Name, Key> = {
  findings: "findings",
  impression: "impression",
  advice: "advice",
  addendum: "addendum",
};

/** Keys in a field stay the field's, but for the few that `actFor` lets through. */
export class Fields {
  readonly element = h("div", { class: "report-fields" });
  private readonly areas = new Map<Name, HTMLTextAreaElement>();

  constructor(
    names: readonly Name[],
    private readonly changed: () => void,
  ) {
    for (const name of names) this.element.append(this.field(name));
  }

  /** What the fields say; a field that is not there keeps `rest`. */
  text(rest: Text): Text {
    const read = (name: Name) => this.areas.get(name)?.value ?? rest[name];
    return {
      findings: read("findings"),
      impression: read("impression"),
      advice: read("advice"),
      addendum: read("addendum"),
    };
  }

  show(text: Partial<Text>): void {
    for (const [name, area] of this.areas)
      if (text[name] !== undefined && area.value !== text[name]) area.value = text[name] ?? "";
  }

  /** Words that stand greyed in empty fields, to be accepted as they are. */
  offer(words: Words | null): void {
    for (const name of ["findings", "impression", "advice"] as const) {
      const area = this.areas.get(name);
      if (area) area.placeholder = words?.[name] ?? "";
    }
  }

  /** True when every field shows all its words at once, without scrolling; the room below the last line is none. */
  allVisible(): boolean {
    return [...this.areas.values()].every((area) => {
      const below = parseFloat(getComputedStyle(area).paddingBottom) || 0;
      return !area.value || area.scrollHeight - below <= area.clientHeight + 1;
    });
  }

  lock(locked: boolean, why: string): void {
    for (const area of this.areas.values()) {
      area.readOnly = locked;
      area.title = locked ? why : "";
    }
  }

  /** Puts the cursor into the first empty field, or at the end of the impression. */
  focus(name?: Name): void {
    const areas = [...this.areas.values()];
    const target =
      (name && this.areas.get(name)) ||
      areas.find((area) => !area.value) ||
      this.areas.get("impression") ||
      areas[0];
    target?.focus();
  }

  /** Selects the first place of a template that is still to be filled in; typing replaces it. */
  focusResidue(): void {
    for (const area of this.areas.values()) {
      const found = /【[^】]*】/.exec(area.value);
      if (!found) continue;
      area.focus();
      return area.setSelectionRange(found.index, found.index + found[0].length);
    }
    this.focus();
  }

  private field(name: Name): HTMLElement {
    const area = h("textarea", {
      class: `report-area report-${name}`,
      name,
      rows: "1",
      spellcheck: "false",
      autocomplete: "off",
      on: { input: () => this.changed() },
    });
    this.areas.set(name, area);
    return h(
      "label",
      { class: `report-field report-field-${name}` },
      h("span", { class: "field-label" }, t(LABELS[name])),
      area,
    );
  }
}

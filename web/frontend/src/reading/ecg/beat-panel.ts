/** The typical beat with the places at which P, QRS and T were measured; dragging one measures anew. */
import { fill, h, icon } from "../../dom/element";
import { type Key, t } from "../../i18n";
import type { Api } from "../api";
import type { Editing } from "./editing";
import { drawing } from "./drawing";
import { bounds, MARKS, type Marks } from "./measured-values";
import { trueSize } from "./screen-scale";

const SVG = "http://www.w3.org/2000/svg";
type Mark = (typeof MARKS)[number];
const NAMES: Record<Mark, Key> = {
  p_onset: "markPOnset",
  p_offset: "markPOffset",
  qrs_onset: "markQrsOnset",
  qrs_offset: "markQrsOffset",
  t_end: "markTEnd",
};
const SHORT: Record<Mark, string> = {
  p_onset: "P",
  p_offset: "",
  qrs_onset: "QRS",
  qrs_offset: "J",
  t_end: "T",
};
/** The beat has a sample every 2 ms. */
const STEP_MS = 2;
/** A held arrow key is one change: kept once the key rests, another mark is moved, or the page is left. */
const REST_MS = 700;
/** Twice the paper's speed: the intervals of one beat are read finer than those of ten seconds. */
export const BEAT_SPEED = 50;

export class BeatPanel {
  readonly element = h("section", { class: "beat", "aria-label": t("medianBeat"), tabindex: "-1" });
  private svg: SVGSVGElement | null = null;
  private machine: Marks = {};
  private marks: Marks = {};
  private length = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** The mark that keys have moved and that is not kept yet. */
  private moving: Mark | null = null;

  constructor(
    private readonly api: Api,
    private readonly instance: string,
    private readonly editing: Editing,
  ) {
    editing.watch(() => this.lay());
  }

  async draw(gain: number): Promise<void> {
    const url = this.api.beatUrl(this.instance, BEAT_SPEED, gain);
    const found = await drawing(url);
    if (typeof found === "string") {
      this.svg = null;
      return fill(this.element, h("div", { class: "empty" }, icon("ecg"), h("p", {}, found)));
    }
    this.svg = found;
    trueSize(found);
    this.length = Number(found.dataset["ms"]);
    this.machine = marksOf(found.dataset["marks"] ?? "");
    fill(this.element, h("p", { class: "beat-help small muted" }, t("beatHelp")), found);
    this.lay();
  }

  /** Draws the marks as they stand now. */
  private lay(): void {
    const edit = this.editing.of(this.instance);
    const moving = this.moving && { [this.moving]: this.marks[this.moving] };
    this.marks = { ...this.machine, ...edit?.marks, ...moving };
    if (!this.svg) return;
    const focused = (document.activeElement as SVGElement | null)?.dataset?.["mark"];
    for (const old of this.svg.querySelectorAll(".beat-marks")) old.remove();
    const strips = [...this.svg.querySelectorAll<SVGGElement>("g[data-lead]")];
    const columns = [...new Set(strips.map((one) => Number(one.dataset["x"])))];
    columns.forEach((x, column) => this.svg?.append(this.column(x, column === 0)));
    if (focused) this.svg.querySelector<SVGElement>(`[data-mark="${focused}"][tabindex]`)?.focus();
  }

  private column(x: number, first: boolean): SVGElement {
    const group = part("g", { class: "beat-marks" });
    for (const name of MARKS) {
      const at = this.marks[name];
      if (at === undefined) continue;
      const was = this.machine[name];
      if (was !== undefined && was !== at)
        group.append(part("path", { class: "beat-was", d: this.line(x, was) }));
      group.append(this.handle(name, x, first));
    }
    return group;
  }

  private handle(name: Mark, x: number, first: boolean): SVGElement {
    const at = this.marks[name] as number;
    const may = !this.editing.why;
    const group = part("g", { class: "beat-mark", "data-mark": name, "data-x": x });
    const label = part("text", { class: "beat-label", "font-size": 2.8 });
    label.textContent = SHORT[name];
    group.append(part("path", { class: "beat-line" }), label, part("path", { class: "beat-grip" }));
    this.move(group, x, at);
    if (!may) return group;
    if (first) this.slider(group, name, at);
    group.addEventListener("pointerdown", (event) => this.drag(event as PointerEvent, name));
    return group;
  }

  private slider(group: SVGElement, name: Mark, at: number): void {
    const [least, most] = bounds(this.marks, name, this.length);
    const look = {
      role: "slider",
      tabindex: 0,
      "aria-label": t(NAMES[name]),
      "aria-valuemin": least,
      "aria-valuemax": most,
      "aria-valuenow": at,
      "aria-valuetext": `${at} ms`,
    };
    for (const [key, value] of Object.entries(look)) group.setAttribute(key, String(value));
    group.addEventListener("keydown", (event) => this.step(event as KeyboardEvent, name));
  }

  /** Arrow keys move a mark by one sample; what the page does with them otherwise rests meanwhile. */
  private step(event: KeyboardEvent, name: Mark): void {
    const way = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.moving !== name) this.settle();
    this.moving = name;
    this.set(name, (this.marks[name] as number) + way * STEP_MS);
    clearTimeout(this.timer);
    this.timer = setTimeout(this.settle, REST_MS);
    document.addEventListener("visibilitychange", this.onLeaving);
  }

  /** Keeps what keys have moved. */
  private readonly settle = (): void => {
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.onLeaving);
    const name = this.moving;
    this.moving = null;
    if (name) this.keep(name);
  };

  private readonly onLeaving = (): void => {
    if (document.hidden) this.settle();
  };

  private drag(event: PointerEvent, name: Mark): void {
    if (event.button !== 0 || !this.svg) return;
    event.preventDefault();
    event.stopPropagation();
    this.settle();
    const group = event.currentTarget as SVGElement;
    const from = this.marks[name] as number;
    const start = event.clientX;
    const perMm = this.svg.getBoundingClientRect().width / this.svg.viewBox.baseVal.width;
    const moved = (now: PointerEvent) =>
      this.set(name, from + ((now.clientX - start) / perMm / BEAT_SPEED) * 1000);
    const done = () => {
      group.removeEventListener("pointermove", moved);
      if (this.marks[name] !== from) this.keep(name);
    };
    group.setPointerCapture(event.pointerId);
    group.addEventListener("pointermove", moved);
    group.addEventListener("pointerup", done, { once: true });
    group.addEventListener("pointercancel", done, { once: true });
  }

  private set(name: Mark, ms: number): void {
    const [least, most] = bounds(this.marks, name, this.length);
    const at = Math.min(most, Math.max(least, Math.round(ms / STEP_MS) * STEP_MS));
    this.marks = { ...this.marks, [name]: at };
    for (const group of this.svg?.querySelectorAll<SVGElement>(`[data-mark="${name}"]`) ?? []) {
      this.move(group, Number(group.dataset["x"]), at);
      if (group.hasAttribute("aria-valuenow")) {
        group.setAttribute("aria-valuenow", String(at));
        group.setAttribute("aria-valuetext", `${at} ms`);
      }
    }
  }

  private keep(name: Mark): void {
    this.editing.place(this.instance, this.marks, name);
  }

  private move(group: SVGElement, x: number, at: number): void {
    const d = this.line(x, at);
    for (const path of group.querySelectorAll("path")) path.setAttribute("d", d);
    const label = group.querySelector("text");
    label?.setAttribute("x", String(x + (at / 1000) * BEAT_SPEED + 0.5));
    label?.setAttribute("y", "3");
  }

  private line(x: number, at: number): string {
    const height = this.svg?.viewBox.baseVal.height ?? 0;
    return `M${(x + (at / 1000) * BEAT_SPEED).toFixed(2)} 0.5V${height - 7}`;
  }
}

/** "p_onset:112 qrs_onset:250" */
function marksOf(text: string): Marks {
  const pairs = text.split(" ").map((pair) => pair.split(":"));
  return Object.fromEntries(
    pairs.filter(([name]) => MARKS.includes(name as Mark)).map(([name, at]) => [name, Number(at)]),
  );
}

function part(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** Calipers over the ECG's paper: drag to measure, Backspace takes the last one away. */
import { marchSteps, spanOf, spanText, toPaper } from "./scale";

const SVG = "http://www.w3.org/2000/svg";
const SMALLEST_MM = 0.5;

export interface Paper {
  svg: SVGSVGElement;
  /** mm/s and mm/mV as drawn. */
  speed: number;
  gain: number;
}

type Point = [number, number];

export class Calipers {
  private paper: Paper | null = null;
  private layer: SVGGElement | null = null;
  private from: Point | null = null;
  private current: SVGGElement | null = null;

  /** Lays the calipers over a freshly drawn paper; earlier marks go, since their places mean nothing on another scale. */
  attach(paper: Paper): void {
    this.paper = paper;
    this.layer = document.createElementNS(SVG, "g");
    this.layer.setAttribute("class", "calipers");
    paper.svg.append(this.layer);
    paper.svg.addEventListener("pointerdown", (event) => this.begin(event));
    paper.svg.addEventListener("pointermove", (event) => this.move(event));
    paper.svg.addEventListener("pointerup", () => this.end());
    paper.svg.addEventListener("pointercancel", () => this.end());
  }

  removeLast(): void {
    this.layer?.lastElementChild?.remove();
  }

  /** Repeats the last caliper's interval over the whole paper, or takes the repeats away. */
  march(): void {
    const last = this.layer?.lastElementChild as SVGGElement | null;
    if (!last || !this.paper) return;
    const old = last.querySelector(".caliper-march");
    if (old) return old.remove();
    const [from, to, y] = ["x0", "x1", "y"].map((name) => Number(last.dataset[name])) as [
      number,
      number,
      number,
    ];
    const steps = marchSteps(from, to, this.paper.svg.viewBox.baseVal.width);
    const d = steps.map((x) => `M${x.toFixed(2)} ${Math.max(0, y - 12)}v24`).join("");
    if (d) last.append(part("path", { d, class: "caliper caliper-march" }));
  }

  clear(): void {
    this.layer?.replaceChildren();
  }

  private begin(event: PointerEvent): void {
    if (event.button !== 0 || !this.paper || !this.layer) return;
    event.preventDefault();
    this.paper.svg.setPointerCapture(event.pointerId);
    this.from = this.at(event);
    this.current = document.createElementNS(SVG, "g");
    this.layer.append(this.current);
  }

  private move(event: PointerEvent): void {
    if (this.from && this.current && this.paper) draw(this.current, this.from, this.at(event), this.paper);
  }

  private end(): void {
    if (this.current && !this.current.hasChildNodes()) this.current.remove();
    this.from = null;
    this.current = null;
  }

  private at(event: PointerEvent): Point {
    const { svg } = this.paper as Paper;
    return toPaper([event.clientX, event.clientY], svg.getBoundingClientRect(), svg.viewBox.baseVal.width);
  }
}

function draw(group: SVGGElement, from: Point, to: Point, paper: Paper): void {
  if (Math.abs(to[0] - from[0]) < SMALLEST_MM && Math.abs(to[1] - from[1]) < SMALLEST_MM)
    return group.replaceChildren();
  const height = paper.svg.viewBox.baseVal.height;
  const [x0, x1] = [Math.min(from[0], to[0]), Math.max(from[0], to[0])];
  const text = spanText(spanOf(from, to, paper.speed, paper.gain));
  const middle = Math.max(0, from[1] - 14);
  Object.assign(group.dataset, { x0: String(x0), x1: String(x1), y: String(from[1]) });
  group.replaceChildren(
    part("path", {
      d: `M${x0} ${Math.max(0, from[1] - 12)}V${Math.min(height, from[1] + 12)}M${x1} ${Math.max(0, from[1] - 12)}V${Math.min(height, from[1] + 12)}M${x0} ${from[1]}H${x1}`,
      class: "caliper",
    }),
    part("path", { d: `M${to[0] - 2} ${to[1]}h4`, class: "caliper" }),
    part("rect", { x: x0, y: middle - 4, width: text.length * 1.9 + 2, height: 5, class: "caliper-plate" }),
    label(text, x0 + 1, middle - 0.4),
  );
}

function label(text: string, x: number, y: number): SVGElement {
  const made = part("text", { x, y, class: "caliper-text", "font-size": 3.4 });
  made.textContent = text;
  return made;
}

function part(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** What other systems drew on a picture or chose: drawn as it came, in a colour that is neither ours nor a model's. */
import { type DicomJson, text } from "./header";
import { type Plane, type Point2, type Point3, worldOf } from "./coordinates";

const SVG = "http://www.w3.org/2000/svg";
const LINE_PX = 16;
const POINT_PX = 4;
const ROUND = 64;

export interface Refers {
  instance: string;
  /** Counted from 1; none named means all. */
  frames: number[];
}

export interface Shape {
  kind: "POINT" | "POLYLINE" | "INTERPOLATED" | "CIRCLE" | "ELLIPSE";
  points: Point2[];
  filled: boolean;
  /** Points are shares of the displayed area, not pixels. */
  shown: boolean;
}

export interface Words {
  text: string;
  at: Point2;
  anchor: Point2 | null;
  shown: boolean;
}

export interface Presentation {
  uid: string;
  label: string;
  by: string;
  at: string;
  images: Refers[];
  layers: { images: Refers[]; shapes: Shape[]; texts: Words[] }[];
  left_out: number;
}

export interface Selection {
  uid: string;
  title: string;
  words: string;
  by: string;
  images: Refers[];
}

export interface BroughtDocument {
  uid: string;
  title: string;
  at: string;
  flags: string;
  lines: { depth: number; name: string; value: string }[];
  cut: boolean;
}

export interface Brought {
  presentations: Presentation[];
  selections: Selection[];
  documents: BroughtDocument[];
  unreadable: string[];
  more: number;
}

export interface BroughtHere {
  labels: string[];
  shapes: Shape[];
  texts: Words[];
  /** Why the frame was chosen elsewhere; empty where it was not. */
  chosen: string[];
}

/** What of it belongs to one frame. */
export function broughtTo(all: Brought | null, instance: string, frame: number): BroughtHere {
  const here = {
    labels: [] as string[],
    shapes: [] as Shape[],
    texts: [] as Words[],
    chosen: [] as string[],
  };
  for (const state of all?.presentations ?? []) {
    if (!names(state.images, instance, frame)) continue;
    const layers = state.layers.filter((one) => !one.images.length || names(one.images, instance, frame));
    here.shapes.push(...layers.flatMap((one) => one.shapes));
    here.texts.push(...layers.flatMap((one) => one.texts));
    if (layers.length) here.labels.push(state.label || state.by);
  }
  for (const one of all?.selections ?? [])
    if (names(one.images, instance, frame)) here.chosen.push([one.title, one.by].filter(Boolean).join(" "));
  return here;
}

/** Adds the drawings to `svg`. */
export function drawBrought(
  svg: SVGSVGElement,
  here: BroughtHere,
  json: DicomJson,
  plane: Plane,
  toCanvas: (world: Point3) => Point2,
): void {
  const place = (shown: boolean) => (point: Point2) =>
    toCanvas(worldOf(plane, shown ? pixelOfShare(json, point) : point));
  for (const shape of here.shapes) svg.append(drawn(shape, place(shape.shown)));
  for (const words of here.texts) svg.append(...told(words, place(words.shown)));
}

/** The outline of a shape in the image's own points. */
export function outline({ kind, points }: Shape): Point2[] {
  const [a, b, c, d] = points;
  if (kind === "CIRCLE" && a && b) {
    const radius = Math.hypot(b[0] - a[0], b[1] - a[1]);
    return around(a, [radius, 0], [0, radius]);
  }
  if (kind === "ELLIPSE" && a && b && c && d) {
    const half = (from: Point2, to: Point2): Point2 => [(to[0] - from[0]) / 2, (to[1] - from[1]) / 2];
    return around([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], half(a, b), half(c, d));
  }
  return points;
}

function around(centre: Point2, one: Point2, other: Point2): Point2[] {
  return Array.from({ length: ROUND + 1 }, (_, at) => {
    const angle = (at / ROUND) * 2 * Math.PI;
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    return [centre[0] + one[0] * x + other[0] * y, centre[1] + one[1] * x + other[1] * y] as Point2;
  });
}

function names(images: readonly Refers[], instance: string, frame: number): boolean {
  return images.some(
    (one) => one.instance === instance && (!one.frames.length || one.frames.includes(frame)),
  );
}

function pixelOfShare(json: DicomJson, [x, y]: Point2): Point2 {
  return [x * Number(text(json, "00280011")) - 0.5, y * Number(text(json, "00280010")) - 0.5];
}

function drawn(shape: Shape, place: (point: Point2) => Point2): SVGElement {
  if (shape.kind === "POINT") {
    const [x, y] = place(shape.points[0] as Point2);
    return part("circle", { cx: x, cy: y, r: POINT_PX, class: "brought-shape brought-filled" });
  }
  const points = outline(shape).map((point) =>
    place(point)
      .map((one) => one.toFixed(1))
      .join(","),
  );
  const look = shape.filled ? "brought-shape brought-filled" : "brought-shape";
  return part("polyline", { points: points.join(" "), class: look });
}

function told(words: Words, place: (point: Point2) => Point2): SVGElement[] {
  const [x, y] = place(words.at);
  const label = part("text", { x, y, class: "brought-text" });
  words.text.split(/\r\n|\r|\n/).forEach((line, at) => {
    const row = part("tspan", { x, y: y + LINE_PX * (at + 1) });
    row.textContent = line;
    label.append(row);
  });
  if (!words.anchor) return [label];
  const [ax, ay] = place(words.anchor);
  return ax === x && ay === y
    ? [label]
    : [part("line", { x1: x, y1: y, x2: ax, y2: ay, class: "brought-shape brought-leader" }), label];
}

function part(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

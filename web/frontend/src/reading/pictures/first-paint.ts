/** The server's pictures, shown before the viewer has even been fetched. */
import { h } from "../../dom/element";
import type { Pixels } from "../api";
import type { Case } from "../contract";
import { hang } from "./hanging";
import { paintedUrl } from "./painted";

/** An empty first paint. */
export function firstPaint(): HTMLImageElement {
  return h("img", { class: "vp-first", alt: "" });
}

/** Fills `place` with what will hang there, one picture for each viewport. */
export function paintFirst(place: HTMLElement, data: Case, pixels: Pixels): HTMLImageElement[] {
  const hung = hang(data.series);
  const painted = hung.map(({ series, index }) => {
    const pictures = series.instances.filter((one) => one.kind === "image" && !one.damaged);
    const picture = firstPaint();
    const instance = pictures[index] ?? pictures[0];
    if (instance) picture.src = paintedUrl(pixels.screen(series.seriesInstanceUID, instance.sopInstanceUID));
    return picture;
  });
  const frames = painted.map((picture) => h("div", { class: "vp" }, picture));
  place.replaceChildren(h("div", { class: "vp-grid", data: { columns: String(frames.length) } }, ...frames));
  return painted;
}

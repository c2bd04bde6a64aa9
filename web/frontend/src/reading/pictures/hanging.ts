/** Which series are hung when a case opens. */
import type { Series } from "../contract";

const RADIOGRAPHS = new Set(["CR", "DX"]);

/** The series that have a picture that can be shown. */
export function pictureSeries(series: readonly Series[]): Series[] {
  return series.filter((one) =>
    one.instances.some((instance) => instance.kind === "image" && !instance.damaged),
  );
}

export interface Hung {
  series: Series;
  /** Which slice is shown first. */
  index: number;
}

/** Two views of one radiographic exam hang side by side, in one series or in two; otherwise the first series alone. */
export function hang(series: readonly Series[]): Hung[] {
  const shown = pictureSeries(series);
  const [first, second] = shown;
  if (!first) return [];
  if (!RADIOGRAPHS.has(first.modality)) return [{ series: first, index: 0 }];
  if (shown.length === 1 && first.instances.length === 2)
    return [0, 1].map((index) => ({ series: first, index }));
  if (
    shown.length === 2 &&
    second &&
    RADIOGRAPHS.has(second.modality) &&
    [first, second].every((one) => one.instances.length === 1)
  ) {
    return [first, second].map((one) => ({ series: one, index: 0 }));
  }
  return [{ series: first, index: 0 }];
}

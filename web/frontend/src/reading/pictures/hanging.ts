/** Which series are hung when a case opens. */
import type { Series, Study } from "../contract";
import type { Window } from "./window";

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

/**
 * Two views of one radiographic exam hang side by side, in one series or in two, the frontal one on the left;
 * otherwise the first series alone.
 */
export function hang(series: readonly Series[]): Hung[] {
  const shown = pictureSeries(series);
  const [first, second] = shown;
  if (!first) return [];
  if (!RADIOGRAPHS.has(first.modality)) return [{ series: first, index: 0 }];
  if (shown.length === 1 && first.instances.length === 2)
    return frontalFirst([0, 1].map((index) => ({ series: first, index })));
  if (
    shown.length === 2 &&
    second &&
    RADIOGRAPHS.has(second.modality) &&
    [first, second].every((one) => one.instances.length === 1)
  ) {
    return frontalFirst([first, second].map((one) => ({ series: one, index: 0 })));
  }
  return [{ series: first, index: 0 }];
}

/** Lateral and oblique views (CID 4010 in the words of ViewPosition) stand right of the frontal one. */
function frontalFirst(hung: Hung[]): Hung[] {
  const rank = ({ series, index }: Hung) =>
    /^(LL|RL|LAT|LLO|RLO|LPO|RPO|LAO|RAO)/i.test(series.instances[index]?.view ?? "") ? 1 : 0;
  return [...hung].sort((a, b) => rank(a) - rank(b));
}

const LUNG: Window = { width: 1500, center: -600 };
const CHEST = /chest|thorax|lung|\u80f8|\u80ba/i;
const SOFT = /medi|soft|stand|\u7eb5\u9694|\u8f6f\u7ec4\u7ec7/i;

/** The window in which a series is opened when not in the header's: a chest CT's lungs come first. */
export function openingWindow(study: Pick<Study, "bodyPart" | "description">, series: Series): Window | null {
  const ofChest = CHEST.test(`${study.bodyPart} ${study.description}`);
  return series.modality === "CT" && ofChest && !SOFT.test(series.description) ? LUNG : null;
}

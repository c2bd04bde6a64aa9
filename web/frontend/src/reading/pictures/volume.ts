/** Whether a stack of slices is a volume that can be cut in other directions. */
import { type DicomJson, numbers, text } from "./header";
import { depthsOf } from "./linked";

export type WhyNot = "" | "mprNeedsGpu" | "mprNeedsVolume" | "mprTooLarge";

const FEWEST_SLICES = 3;
/** Distances between slices may differ by this share of their median: a gap would be cut as if it were none. */
const UNEVEN = 0.1;
/** 16-bit voxels: what the viewer's cache and a small graphics card hold. */
const MOST_VOXELS = 400 * 1024 * 1024;

/** Why these slices are not shown as a volume, or "". `cpu`: they are drawn without a graphics card. */
export function whyNoVolume(slices: readonly { json: DicomJson; frame: number }[], cpu: boolean): WhyNot {
  const first = slices[0]?.json;
  if (!first || slices.length < FEWEST_SLICES || !alike(slices)) return "mprNeedsVolume";
  if (!isEven(depthsOf(slices))) return "mprNeedsVolume";
  if (Number(text(first, "00280010")) * Number(text(first, "00280011")) * slices.length > MOST_VOXELS)
    return "mprTooLarge";
  return cpu ? "mprNeedsGpu" : "";
}

/** One modality that has depth, one size, one direction, one grey channel. */
function alike(slices: readonly { json: DicomJson; frame: number }[]): boolean {
  const said = ({ json }: { json: DicomJson }) =>
    ["00280010", "00280011", "00280002", "0020000E"].map((tag) => text(json, tag)).join() +
    numbers(json, "00200037")
      .map((one) => one.toFixed(3))
      .join();
  const first = slices[0] as { json: DicomJson };
  if (!["CT", "MR", "PT"].includes(text(first.json, "00080060"))) return false;
  if (numbers(first.json, "00200037").length !== 6 || text(first.json, "00280002") !== "1") return false;
  return slices.every((one) => one.frame === 1 && said(one) === said(first));
}

function isEven(depths: readonly number[]): boolean {
  const steps = depths.slice(1).map((depth, at) => depth - (depths[at] as number));
  const middle = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  return middle !== 0 && steps.every((step) => Math.abs(step - middle) <= Math.abs(middle) * UNEVEN);
}

/** Reads what the viewer needs from DICOM JSON (PS3.18 F) and tells the plane of an image. */
import type { Plane, Point2, Point3 } from "./coordinates";
import { lettersOf } from "./orientation";
import type { Window } from "./window";

/** One instance as `/metadata` gives it: tag in eight hex digits to element. */
export type DicomJson = Record<
  string,
  { vr?: string; Value?: unknown[]; BulkDataURI?: string; InlineBinary?: string } | undefined
>;

/** How far lengths on this image can be believed. */
export type LengthUnit = "mm" | "mmProjected" | "regions" | "px";

const PIXEL_SPACING = "00280030";
const IMAGER_PIXEL_SPACING = "00181164";
const IMAGE_POSITION = "00200032";
const IMAGE_ORIENTATION = "00200037";
const PATIENT_ORIENTATION = "00200020";
const ULTRASOUND_REGIONS = "00186011";
const SHARED_GROUPS = "52009229";
const PIXEL_MEASURES = "00289110";
const PLANE_ORIENTATION = "00209116";

/** Every number of an element; empty when there is none. */
export function numbers(json: DicomJson, tag: string): number[] {
  return (json[tag]?.Value ?? []).map(Number).filter((value) => Number.isFinite(value));
}

/** The first value of an element as text. */
export function text(json: DicomJson, tag: string): string {
  const value = json[tag]?.Value?.[0];
  return value === undefined || value === null || typeof value === "object" ? "" : String(value);
}

/** [mm per row step, mm per column step] as the header has it, with how far it can be believed. */
export function spacingOf(json: DicomJson): { mm: Point2 | null; unit: LengthUnit } {
  if (text(json, "00080060") === "US" && json[ULTRASOUND_REGIONS]?.Value?.length)
    return { mm: null, unit: "regions" };
  const own =
    pair(numbers(json, PIXEL_SPACING)) ?? pair(numbers(shared(json, PIXEL_MEASURES), PIXEL_SPACING));
  if (own) return { mm: own, unit: isProjection(json) && !isCalibrated(json) ? "mmProjected" : "mm" };
  const imager = pair(numbers(json, IMAGER_PIXEL_SPACING));
  return imager ? { mm: imager, unit: "mmProjected" } : { mm: null, unit: "px" };
}

/** Where the image lies; without a position in the header it lies at the origin, one pixel to the mm if need be. */
export function planeOf(json: DicomJson): Plane & { known: boolean } {
  const { mm } = spacingOf(json);
  const cosines = orientation(json);
  const position = numbers(json, IMAGE_POSITION);
  return {
    origin: (position.length === 3 ? position : [0, 0, 0]) as Point3,
    spacing: mm ? [mm[1], mm[0]] : [1, 1],
    row: (cosines ? cosines.slice(0, 3) : [1, 0, 0]) as Point3,
    column: (cosines ? cosines.slice(3) : [0, 1, 0]) as Point3,
    known: cosines !== null,
  };
}

/** Letters of the rows' and the columns' directions, empty when the header is silent. */
export function directionLetters(json: DicomJson): { row: string; column: string } {
  const cosines = orientation(json);
  if (cosines)
    return { row: lettersOf(cosines.slice(0, 3) as Point3), column: lettersOf(cosines.slice(3) as Point3) };
  const [row, column] = (json[PATIENT_ORIENTATION]?.Value ?? []).map(String);
  return { row: row ?? "", column: column ?? "" };
}

/** The header's windows with their explanations. */
export function headerWindows(json: DicomJson): { window: Window; name: string }[] {
  const centers = numbers(json, "00281050");
  const widths = numbers(json, "00281051");
  const names = (json["00281055"]?.Value ?? []).map(String);
  return centers.flatMap((center, at) =>
    (widths[at] ?? 0) > 0 ? [{ window: { center, width: widths[at] as number }, name: names[at] ?? "" }] : [],
  );
}

/** Frames a second for cine: CineRate, RecommendedDisplayFrameRate or 1000 / FrameTime; 15 when nothing is said. */
export function frameRate(json: DicomJson): number {
  const rate = numbers(json, "00180040")[0] ?? numbers(json, "00082144")[0];
  const frameTime = numbers(json, "00181063")[0];
  const found = rate ?? (frameTime && frameTime > 0 ? 1000 / frameTime : 15);
  return Math.min(60, Math.max(1, found));
}

/** True when the picture was ever compressed with loss. */
export function isLossy(json: DicomJson): boolean {
  return text(json, "00282110") === "01";
}

/** Sorts slices of one orientation along their normal; anything else keeps its order. */
export function inSpatialOrder<T>(items: readonly T[], json: (item: T) => DicomJson): T[] {
  const first = items[0] && orientation(json(items[0]));
  if (!first) return [...items];
  const normal: Point3 = [
    (first[1] as number) * (first[5] as number) - (first[2] as number) * (first[4] as number),
    (first[2] as number) * (first[3] as number) - (first[0] as number) * (first[5] as number),
    (first[0] as number) * (first[4] as number) - (first[1] as number) * (first[3] as number),
  ];
  const depths = items.map((item) => {
    const position = numbers(json(item), IMAGE_POSITION);
    const cosines = orientation(json(item));
    const same = cosines?.every((value, at) => Math.abs(value - (first[at] as number)) < 1e-3);
    return position.length === 3 && same
      ? position.reduce((sum, value, at) => sum + value * (normal[at] as number), 0)
      : NaN;
  });
  if (depths.some(Number.isNaN)) return [...items];
  return items
    .map((item, at) => ({ item, depth: depths[at] as number }))
    .sort((a, b) => a.depth - b.depth)
    .map(({ item }) => item);
}

function orientation(json: DicomJson): number[] | null {
  const own = numbers(json, IMAGE_ORIENTATION);
  const found = own.length === 6 ? own : numbers(shared(json, PLANE_ORIENTATION), IMAGE_ORIENTATION);
  return found.length === 6 ? found : null;
}

function shared(json: DicomJson, group: string): DicomJson {
  const groups = json[SHARED_GROUPS]?.Value?.[0] as DicomJson | undefined;
  return (groups?.[group]?.Value?.[0] as DicomJson | undefined) ?? {};
}

/** Projection radiographs: lengths depend on the distance from the detector. */
function isProjection(json: DicomJson): boolean {
  return ["CR", "DX", "MG", "IO", "PX", "XA", "RF", "RG"].includes(text(json, "00080060"));
}

/** PixelSpacing that differs from ImagerPixelSpacing was calibrated to the patient (PS3.3 10.7.1.3). */
function isCalibrated(json: DicomJson): boolean {
  if (text(json, "00280A02") !== "") return true;
  const own = pair(numbers(json, PIXEL_SPACING));
  const imager = pair(numbers(json, IMAGER_PIXEL_SPACING));
  return own !== null && imager !== null && Math.abs(own[0] - imager[0]) > 1e-6;
}

function pair(values: number[]): Point2 | null {
  return values.length >= 2 && (values[0] as number) > 0 && (values[1] as number) > 0
    ? [values[0] as number, values[1] as number]
    : null;
}

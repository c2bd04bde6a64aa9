/** The slices of a series: addresses for Cornerstone, and the header behind each. */
import * as core from "@cornerstonejs/core";
import { wadors } from "@cornerstonejs/dicom-image-loader";
import type { Pixels } from "../api";
import type { Instance, Series } from "../contract";
import { askForPlain } from "./fallback";
import { type DicomJson, inSpatialOrder, type LengthUnit, planeOf, spacingOf, text } from "./header";
import { withPalette } from "./palette";
import { comesByPixel, routeOf } from "./route";

export interface Slice {
  imageId: string;
  instance: Instance;
  /** 1-based */
  frame: number;
  json: DicomJson;
}

const PLANAR_CONFIGURATION = "00280006";
const headers = new Map<string, DicomJson>();
/** Headers of series that were fetched before their case was opened, by address. */
const ahead = new Map<string, DicomJson[]>();

/**
 * The slices of `series` in reading order. Left out are instances without pixels, damaged ones, and those that only
 * the server can show. Headers fetched ahead are used once, unless `hold`. Throws when the headers cannot be had.
 */
export async function slicesOf(
  pixels: Pixels,
  series: Series,
  signal: AbortSignal,
  hold = false,
): Promise<Slice[]> {
  const address = pixels.seriesMetadata(series.seriesInstanceUID);
  const said = await (ahead.get(address) ?? fetchHeaders(address, signal));
  if (!hold) ahead.delete(address);
  const found = new Map(said.map((json) => [text(json, "00080018"), json]));
  const shown = series.instances.filter(
    (one) => one.kind === "image" && !one.damaged && canShow(found.get(one.sopInstanceUID)),
  );
  const ordered = inSpatialOrder(shown, (one) => found.get(one.sopInstanceUID) as DicomJson);
  return ordered.flatMap((one) => framesOf(pixels, series, one, found.get(one.sopInstanceUID) as DicomJson));
}

/** Fetches the headers of `series` and holds them for the one who opens it next. */
export async function headersAhead(pixels: Pixels, series: Series, signal: AbortSignal): Promise<void> {
  const address = pixels.seriesMetadata(series.seriesInstanceUID);
  const said = await fetchHeaders(address, signal).catch(() => null);
  if (said) ahead.set(address, said);
}

async function fetchHeaders(address: string, signal: AbortSignal): Promise<DicomJson[]> {
  const response = await fetch(address, { headers: { Accept: "application/dicom+json" }, signal });
  if (!response.ok) throw new Error(`metadata ${response.status}`);
  return (await response.json()) as DicomJson[];
}

/** How far lengths on this image can be believed. */
export function unitOf(imageId: string): LengthUnit {
  const json = headers.get(imageId);
  return json ? spacingOf(json).unit : "px";
}

/** The header of an image that was opened. */
export function headerOf(imageId: string): DicomJson | undefined {
  return headers.get(imageId);
}

/**
 * Answers Cornerstone's question where an image lies. Its own answer takes PixelSpacing for unknown when the
 * header has no position, as on every radiograph, and never looks at ImagerPixelSpacing.
 */
export function spacingProvider(type: string, imageId: string): unknown {
  if (type !== core.Enums.MetadataModules.IMAGE_PLANE) return undefined;
  const json = headers.get(imageId);
  if (!json) return undefined;
  const plane = planeOf(json);
  const mm = spacingOf(json).mm;
  const frames = Number(text(json, "00280008") || 1);
  // Enhanced multi-frame objects keep a place for each frame; Cornerstone's own provider reads those.
  if (frames > 1 && json["52009230"]) return undefined;
  return {
    frameOfReferenceUID: text(json, "00200052") || imageId,
    rows: Number(text(json, "00280010")),
    columns: Number(text(json, "00280011")),
    imageOrientationPatient: [...plane.row, ...plane.column],
    rowCosines: plane.row,
    columnCosines: plane.column,
    imagePositionPatient: plane.origin,
    sliceThickness: Number(text(json, "00180050")) || undefined,
    sliceLocation: Number(text(json, "00201041")) || undefined,
    pixelSpacing: mm,
    rowPixelSpacing: plane.spacing[1],
    columnPixelSpacing: plane.spacing[0],
    usingDefaultValues: mm === null,
  };
}

function canShow(json: DicomJson | undefined): boolean {
  return json !== undefined && routeOf(json) !== "preview";
}

function framesOf(pixels: Pixels, series: Series, instance: Instance, original: DicomJson): Slice[] {
  const frames = Math.max(1, instance.frames || 1);
  const json = withPalette(original);
  if (comesByPixel(json)) json[PLANAR_CONFIGURATION] = { vr: "US", Value: [0] };
  const byServer = routeOf(json) === "server";
  return Array.from({ length: frames }, (_, at) => {
    const imageId = `wadors:${location.origin}${pixels.frame(series.seriesInstanceUID, instance.sopInstanceUID, at + 1)}`;
    headers.set(imageId, json);
    if (byServer) askForPlain(imageId);
    wadors.metaDataManager.add(imageId, json as never);
    return { imageId, instance, frame: at + 1, json };
  });
}

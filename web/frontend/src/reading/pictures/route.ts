/** Where a frame's pixels are decoded: in the browser where it is quick and right, on the server otherwise. */
import { type DicomJson, numbers, text } from "./header";

export type Route = "here" | "server" | "preview";

/** PS3.5 A: what the browser reads as quickly and as rightly as the server does. */
const UNCOMPRESSED = new Set(["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"]);
const QUICK_HERE = new Set([
  ...UNCOMPRESSED,
  "1.2.840.10008.1.2.5", // RLE Lossless
  "1.2.840.10008.1.2.4.80", // JPEG-LS Lossless
  "1.2.840.10008.1.2.4.81", // JPEG-LS Near-lossless
  "1.2.840.10008.1.2.4.201", // HTJ2K Lossless
  "1.2.840.10008.1.2.4.202", // HTJ2K Lossless RPCL
  "1.2.840.10008.1.2.4.203", // HTJ2K
]);
const JPEG_BASELINE = "1.2.840.10008.1.2.4.50";

/** The transfer syntax in which the object is kept, if the header says it. */
export function keptSyntax(json: DicomJson): string {
  return text(json, "00083002") || text(json, "00020010");
}

/** Compressed frames but RLE come out by pixel, whatever PlanarConfiguration said before compression. */
export function comesByPixel(json: DicomJson): boolean {
  const syntax = keptSyntax(json);
  return syntax.startsWith("1.2.840.10008.1.2.4.");
}

/**
 * JPEG 2000 is slow here, JPEG Lossless has been seen to come out wrong, and colours other than RGB depend on what
 * the compressor really wrote: those are asked for uncompressed. What the viewer cannot show at all is a preview.
 */
export function routeOf(json: DicomJson): Route {
  const samples = numbers(json, "00280002")[0] ?? 1;
  const bits = numbers(json, "00280100")[0] ?? 8;
  if (bits !== 8 && bits !== 16) return "preview";
  if (samples > 1 && bits > 8) return "preview";
  const syntax = keptSyntax(json);
  if (!syntax) return "server";
  const photometric = text(json, "00280004");
  if (syntax === JPEG_BASELINE) return photometric === "RGB" ? "server" : "here";
  if (samples > 1 && photometric !== "RGB" && !UNCOMPRESSED.has(syntax)) return "server";
  return QUICK_HERE.has(syntax) ? "here" : "server";
}

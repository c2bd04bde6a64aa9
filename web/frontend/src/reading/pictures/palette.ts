/** Colour tables of palette pictures, as numbers that Cornerstone can look up. */
import { type DicomJson, numbers } from "./header";

const DESCRIPTORS = ["00281101", "00281102", "00281103"];
const TABLES = ["00281201", "00281202", "00281203"];

/** A copy of `json` whose colour tables are lists of numbers; unchanged where there are none. */
export function withPalette(json: DicomJson): DicomJson {
  const copy = { ...json };
  TABLES.forEach((tag, at) => {
    const inline = json[tag]?.InlineBinary;
    if (inline) copy[tag] = { vr: "US", Value: entries(inline, numbers(json, DESCRIPTORS[at] as string)) };
  });
  return copy;
}

/** The entries of a table given as base64: 16-bit little endian, or bytes where there are only as many (PS3.3 C.7.6.3.1.6). */
function entries(base64: string, descriptor: number[]): number[] {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const count = descriptor[0] || 65_536;
  if (bytes.length < count * 2) return [...bytes];
  const view = new DataView(bytes.buffer);
  return Array.from({ length: Math.min(count, bytes.length >> 1) }, (_, at) => view.getUint16(at * 2, true));
}

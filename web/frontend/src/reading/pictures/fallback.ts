/** Frames that the server decodes for us: they are asked for uncompressed. */

const EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"; // PS3.5 A.2
const plain = new Set<string>();

/** From now on `imageId` is asked for uncompressed; false when it already was. */
export function askForPlain(imageId: string): boolean {
  if (plain.has(imageId)) return false;
  plain.add(imageId);
  return true;
}

/** The headers of a frame's request. */
export async function acceptFor(_request: XMLHttpRequest, imageId: string): Promise<Record<string, string>> {
  const syntax = plain.has(imageId) ? EXPLICIT_LITTLE_ENDIAN : "*";
  return { Accept: `multipart/related; type="application/octet-stream"; transfer-syntax=${syntax}` };
}

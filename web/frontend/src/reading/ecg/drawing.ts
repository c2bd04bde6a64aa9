/** Fetches one of the server's drawings. */
import { t } from "../../i18n";

export class Expired extends Error {}

/** The drawing at `url`, or the sentence that says why there is none. Throws Expired, and what an abort throws. */
export async function drawing(url: string, signal?: AbortSignal): Promise<SVGSVGElement | string> {
  const response = await fetch(url, {
    headers: { "X-Requested-With": "fetch" },
    signal: signal ?? null,
  }).catch((fault: unknown) => {
    if (signal?.aborted) throw fault;
    return null;
  });
  if (!response) return t("lineDown");
  if (response.status === 401 || response.redirected) throw new Expired();
  if (!response.ok) return (await sentence(response)) || t("ecgFailed");
  return parsed(await response.text()) ?? t("ecgFailed");
}

/** The drawing, or null when it is none; anything that could run is dropped. */
function parsed(source: string): SVGSVGElement | null {
  const root = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  if (!(root instanceof SVGSVGElement)) return null;
  for (const element of root.querySelectorAll("script, foreignObject, style, a, use, image"))
    element.remove();
  return document.importNode(root, true);
}

async function sentence(response: Response): Promise<string> {
  const body = (await response.json().catch(() => ({}))) as { message?: string };
  return body.message ?? "";
}

/** Fetches the next case's first pictures while this one is read, into memory only. */
import * as core from "@cornerstonejs/core";
import { json } from "../../net/http";
import { Pixels } from "../api";
import type { Case } from "../contract";
import { hang } from "./hanging";
import { headersAhead, slicesOf } from "./image-store";
import { keepPainted } from "./painted";

/** Slices of a stack that are fetched ahead; the rest comes while the first are looked at. */
const SLICES_AHEAD = 24;

/** Fetches what `studyUrl` (`/studies/<id>`) will hang; whatever fails is fetched when it is opened. */
export async function fetchAhead(studyUrl: string, signal: AbortSignal): Promise<void> {
  const answer = await json<Case>("GET", `${studyUrl.split("?")[0]}/case.json?ahead=1`, undefined, signal);
  if (answer.kind !== "ok") return;
  const data = answer.body;
  const pixels = new Pixels(data.study.studyInstanceUID);
  for (const { series, index } of hang(data.series)) {
    const pictures = series.instances.filter((one) => one.kind === "image" && !one.damaged);
    const instance = pictures[index] ?? pictures[0];
    if (!instance) continue;
    await keepPainted(pixels.screen(series.seriesInstanceUID, instance.sopInstanceUID), signal);
    await headersAhead(pixels, series, signal);
    const slices = await slicesOf(pixels, series, signal, true);
    for (const slice of slices.slice(index, index + SLICES_AHEAD)) {
      if (signal.aborted) return;
      await core.imageLoader.loadAndCacheImage(slice.imageId).catch(() => undefined);
    }
  }
  document.dispatchEvent(new CustomEvent("fetched-ahead", { detail: studyUrl }));
}

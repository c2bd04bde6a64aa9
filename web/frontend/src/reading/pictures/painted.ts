/** First paints fetched ahead: pictures in memory under the address that they came from. */

const MOST = 8;
const kept = new Map<string, string>();

/** Fetches a picture and keeps it. */
export async function keepPainted(url: string, signal: AbortSignal): Promise<void> {
  if (kept.has(url)) return;
  const answer = await fetch(url, { signal }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  kept.set(url, URL.createObjectURL(await answer.blob()));
  for (const [old, blob] of [...kept].slice(0, -MOST)) {
    URL.revokeObjectURL(blob);
    kept.delete(old);
  }
}

/** The kept picture's address in memory, else `url` itself. */
export function paintedUrl(url: string): string {
  return kept.get(url) ?? url;
}

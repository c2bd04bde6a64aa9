/** Window arithmetic of PS3.3 C.11.2.1.2: width and centre, and the values they show. */

export interface Window {
  width: number;
  center: number;
}

export interface Range {
  lower: number;
  upper: number;
}

/** The values that a LINEAR window shows black and white. */
export function rangeOf(window: Window): Range {
  const width = Math.max(1, window.width);
  const lower = window.center - 0.5 - (width - 1) / 2;
  return { lower, upper: lower + width - 1 };
}

/** The window that shows `lower` black and `upper` white. */
export function windowOf(range: Range): Window {
  const width = Math.max(1, Math.abs(range.upper - range.lower) + 1);
  return { width, center: (range.lower + range.upper + 1) / 2 };
}

/** W and C as whole numbers, or with two decimals when the values are that small. */
export function windowText(window: Window): string {
  const places = window.width < 10 ? 2 : 0;
  return `W ${window.width.toFixed(places)} C ${window.center.toFixed(places)}`;
}

/** At most this many samples are looked at for a percentile. */
const SAMPLES = 60_000;

/**
 * The window between two percentiles of `pixels` (0–1), for an image whose header has none.
 * Pixels equal to `padding` do not count.
 */
export function percentileWindow(
  pixels: ArrayLike<number>,
  low = 0.01,
  high = 0.99,
  padding?: number,
): Window | null {
  const stride = Math.max(1, Math.floor(pixels.length / SAMPLES));
  const sample: number[] = [];
  for (let at = 0; at < pixels.length; at += stride) {
    const value = pixels[at] as number;
    if (Number.isFinite(value) && value !== padding) sample.push(value);
  }
  if (sample.length === 0) return null;
  sample.sort((a, b) => a - b);
  const value = (share: number) =>
    sample[Math.min(sample.length - 1, Math.round(share * (sample.length - 1)))] as number;
  const range = { lower: value(low), upper: value(high) };
  return windowOf(range.upper > range.lower ? range : { lower: range.lower - 0.5, upper: range.lower + 0.5 });
}

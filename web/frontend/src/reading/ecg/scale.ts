/** Caliper arithmetic: millimetres on the paper to milliseconds, beats a minute and millivolts. */

export interface Span {
  ms: number;
  /** Beats a minute if the span is one RR interval; null when it is too short to be one. */
  bpm: number | null;
  mv: number;
}

/** Below this an interval is no RR interval (300 beats a minute). */
const SHORTEST_RR_MS = 200;
/** A shorter interval would fill the paper with lines. */
const SHORTEST_STEP_MM = 2;

/** What lies between two points of the paper (mm; y downwards), at `speed` mm/s and `gain` mm/mV. */
export function spanOf(
  from: readonly [number, number],
  to: readonly [number, number],
  speed: number,
  gain: number,
): Span {
  const ms = (Math.abs(to[0] - from[0]) / speed) * 1000;
  const mv = (from[1] - to[1]) / gain;
  return { ms, bpm: ms >= SHORTEST_RR_MS ? 60_000 / ms : null, mv };
}

/** "412 ms · 146 bpm · 0.35 mV" */
export function spanText(span: Span): string {
  const parts = [`${Math.round(span.ms)} ms`];
  if (span.bpm !== null) parts.push(`${Math.round(span.bpm)} bpm`);
  parts.push(`${span.mv.toFixed(2)} mV`);
  return parts.join(" · ");
}

/** A point of the page to millimetres of the paper, given the paper's place on the page. */
export function toPaper(
  client: readonly [number, number],
  paper: { left: number; top: number; width: number },
  widthMm: number,
): [number, number] {
  const perMm = paper.width / widthMm;
  return [(client[0] - paper.left) / perMm, (client[1] - paper.top) / perMm];
}

/** Where the interval from `from` to `to` (mm) comes again, both ways, on a paper `width` mm wide. */
export function marchSteps(from: number, to: number, width: number): number[] {
  const step = to - from;
  if (!(step >= SHORTEST_STEP_MM)) return [];
  const steps: number[] = [];
  for (let x = from - step; x >= 0; x -= step) steps.unshift(x);
  for (let x = to + step; x <= width; x += step) steps.push(x);
  return steps;
}

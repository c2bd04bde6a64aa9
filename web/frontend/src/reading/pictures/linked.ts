/** Linked scrolling: two stacks keep the distance that they had when they were linked. */
import { type DicomJson, numbers } from "./header";

interface Positioned {
  json: DicomJson;
}

/** How deep each slice lies (mm along the first one's normal), or its place in the stack where that is unknown. */
export function depthsOf(slices: readonly Positioned[]): number[] {
  const first = slices[0];
  const cosines = first ? numbers(first.json, "00200037") : [];
  if (cosines.length !== 6) return slices.map((_, at) => at);
  const [a, b, c, d, e, f] = cosines as [number, number, number, number, number, number];
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  const depths = slices.map((slice) => {
    const position = numbers(slice.json, "00200032");
    return position.length === 3
      ? position.reduce((sum, value, axis) => sum + value * (normal[axis] as number), 0)
      : NaN;
  });
  return depths.some(Number.isNaN) ? slices.map((_, at) => at) : depths;
}

/** The slice nearest to `depth`. */
export function nearest(depths: readonly number[], depth: number): number {
  let best = 0;
  depths.forEach((one, at) => {
    if (Math.abs(one - depth) < Math.abs((depths[best] as number) - depth)) best = at;
  });
  return best;
}

interface Linkable {
  slices: readonly Positioned[];
  index: number;
  scrollTo(index: number): Promise<void>;
}

/** The link between a stack that is scrolled and the others. */
export class Link {
  on = true;
  private offsets = new Map<Linkable, number>();
  private following = false;

  /** From now on the distances are those of this moment. */
  anew(): void {
    this.offsets.clear();
  }

  /** Brings `others` to where `leader` is. */
  async follow(leader: Linkable, others: readonly Linkable[]): Promise<void> {
    if (!this.on || this.following || leader.slices.length < 2) return;
    const depth = depthsOf(leader.slices)[leader.index] ?? 0;
    this.following = true;
    try {
      for (const other of others.filter((one) => one.slices.length > 1)) {
        const depths = depthsOf(other.slices);
        const offset = this.offsets.get(other);
        if (offset !== undefined) await other.scrollTo(nearest(depths, depth + offset));
      }
    } finally {
      this.following = false;
    }
  }

  /** Remembers how far the others are from `leader` before it moves; distances once known stay. */
  remember(leader: Linkable, others: readonly Linkable[]): void {
    const depth = depthsOf(leader.slices)[leader.index];
    if (depth === undefined) return;
    for (const other of others) {
      const at = depthsOf(other.slices)[other.index];
      if (at === undefined || this.offsets.has(other)) continue;
      this.offsets.set(other, at - depth);
      this.offsets.set(leader, depth - at);
    }
  }
}

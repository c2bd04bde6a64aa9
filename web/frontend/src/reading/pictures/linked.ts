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

interface Led {
  leader: Linkable;
  others: readonly Linkable[];
}

/** The link between a stack that is scrolled and the others. */
export class Link {
  on = true;
  private offsets = new Map<Linkable, number>();
  private following = false;
  private asked: Led | null = null;
  /** Where a stack was brought: until it is there, and drawn, it leads nobody. */
  private readonly brought = new Map<Linkable, number>();

  /** From now on the distances are those of this moment. */
  anew(): void {
    this.offsets.clear();
    this.brought.clear();
  }

  /** Brings `others` to where `leader` is; one that moves on meanwhile is followed to its last place. */
  async follow(leader: Linkable, others: readonly Linkable[]): Promise<void> {
    if (this.wasBrought(leader) || !this.on || leader.slices.length < 2) return;
    this.asked = { leader, others };
    if (this.following) return;
    this.following = true;
    try {
      while (this.asked) {
        const { leader: first, others: rest } = this.asked;
        this.asked = null;
        for (const other of rest) await this.bring(other, first);
      }
    } finally {
      this.following = false;
    }
  }

  private async bring(other: Linkable, leader: Linkable): Promise<void> {
    const offset = this.offsets.get(other);
    if (offset === undefined || other.slices.length < 2) return;
    const depth = depthsOf(leader.slices)[leader.index] ?? 0;
    const to = nearest(depthsOf(other.slices), depth + offset);
    if (to === other.index) return;
    this.brought.set(other, to);
    await other.scrollTo(to);
    if (other.index !== to) this.brought.delete(other);
  }

  private wasBrought(view: Linkable): boolean {
    const to = this.brought.get(view);
    if (to === view.index) this.brought.delete(view);
    return to !== undefined;
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

/** What is known of a page of ECGs: which have been in view, which were taken out, which were refused. */

export class Progress {
  private readonly seen = new Set<number>();
  private readonly out = new Set<number>();

  constructor(readonly all: readonly number[]) {}

  see(study: number): void {
    if (this.all.includes(study)) this.seen.add(study);
  }

  setOut(study: number, out: boolean): void {
    if (out) this.out.add(study);
    else this.out.delete(study);
  }

  isSeen(study: number): boolean {
    return this.seen.has(study);
  }

  isOut(study: number): boolean {
    return this.out.has(study);
  }

  /** Those to be confirmed: all but what was taken out. */
  get wanted(): number[] {
    return this.all.filter((study) => !this.out.has(study));
  }

  get seenOnes(): number[] {
    return this.all.filter((study) => this.seen.has(study));
  }

  get outOnes(): number {
    return this.out.size;
  }

  /** The first that has to be looked at before the page can be confirmed. */
  get next(): number | undefined {
    return this.wanted.find((study) => !this.seen.has(study));
  }

  get complete(): boolean {
    return this.next === undefined;
  }
}

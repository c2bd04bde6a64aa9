/** Linked scrolling under a slow line: the stack that is scrolled is never pulled back. */
import { expect, test } from "vitest";
import type { DicomJson } from "../src/reading/pictures/header";
import { Link } from "../src/reading/pictures/linked";

class Stack {
  index = 0;
  readonly slices: { json: DicomJson }[];
  private waiting: (() => void)[] = [];

  constructor(count: number) {
    this.slices = Array.from({ length: count }, () => ({ json: {} }));
  }

  scrollTo(index: number): Promise<void> {
    this.index = index;
    return new Promise((done) => this.waiting.push(done));
  }

  /** The pictures that were asked for are here. */
  async arrive(): Promise<void> {
    for (const done of this.waiting.splice(0)) done();
    await new Promise((done) => setTimeout(done));
  }
}

test("a stack that was brought leads nobody, and follows to the last place", async () => {
  const [here, there] = [new Stack(12), new Stack(8)];
  const link = new Link();
  link.remember(here, [there]);
  here.index = 1;
  void link.follow(here, [there]);
  here.index = 2;
  void link.follow(here, [there]);
  expect(there.index).toBe(1);
  void link.follow(there, [here]); // it is drawn, late
  await there.arrive();
  await there.arrive();
  expect([here.index, there.index]).toEqual([2, 2]);
  void link.follow(there, [here]); // drawn again
  there.index = 5;
  void link.follow(there, [here]); // now somebody scrolls it
  await here.arrive();
  expect(here.index).toBe(5);
});

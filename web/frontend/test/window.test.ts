import { expect, test } from "vitest";
import { percentileWindow, rangeOf, windowOf, windowText } from "../src/reading/pictures/window";
import { CT_PRESETS, presetsFor } from "../src/reading/pictures/presets";

test("a window of 400 at 40 shows -160 black and 239 white", () => {
  expect(rangeOf({ width: 400, center: 40 })).toEqual({ lower: -160, upper: 239 });
});

test("width and centre come back from the range they make", () => {
  for (const { window } of CT_PRESETS) expect(windowOf(rangeOf(window))).toEqual(window);
});

test("a window is never narrower than one value", () => {
  const range = rangeOf({ width: 0, center: 10 });
  expect(range.upper).toBe(range.lower);
});

test("the readout has whole numbers, and decimals only for very narrow windows", () => {
  expect(windowText({ width: 1499.6, center: -600.2 })).toBe("W 1500 C -600");
  expect(windowText({ width: 1.5, center: 0.25 })).toBe("W 1.50 C 0.25");
});

test("without a header window the first to the 99th percentile is shown", () => {
  const pixels = Array.from({ length: 1001 }, (_, at) => at);
  expect(percentileWindow(pixels)).toEqual(windowOf({ lower: 10, upper: 990 }));
});

test("padding does not pull the window down", () => {
  const pixels = [...Array<number>(900).fill(-2000), ...Array.from({ length: 101 }, (_, at) => at)];
  expect(percentileWindow(pixels, 0, 1, -2000)).toEqual(windowOf({ lower: 0, upper: 100 }));
});

test("an even picture gets a window, an empty one none", () => {
  expect(percentileWindow([7, 7, 7])?.center).toBeCloseTo(7.5);
  expect(percentileWindow([])).toBeNull();
});

test("only CT has presets by number", () => {
  expect(presetsFor("CT")).toHaveLength(6);
  expect(presetsFor("DX")).toHaveLength(0);
});

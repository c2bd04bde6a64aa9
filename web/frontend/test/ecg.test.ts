import { expect, test } from "vitest";
import { spanOf, spanText, toPaper } from "../src/reading/ecg/scale";

test("25 mm at 25 mm/s is a second, and 60 beats a minute", () => {
  expect(spanOf([10, 40], [35, 40], 25, 10)).toEqual({ ms: 1000, bpm: 60, mv: 0 });
});

test("the same distance means half the time at 50 mm/s", () => {
  expect(spanOf([0, 0], [25, 0], 50, 10).ms).toBe(500);
});

test("10 mm upwards at 10 mm/mV is one millivolt, downwards minus one", () => {
  expect(spanOf([0, 30], [0, 20], 25, 10).mv).toBe(1);
  expect(spanOf([0, 20], [0, 30], 25, 10).mv).toBe(-1);
});

test("an interval too short to be a beat is given no rate", () => {
  expect(spanText(spanOf([0, 0], [2.5, 0], 25, 10))).toBe("100 ms · 0.00 mV");
});

test("a point of the page is found on the paper whatever its size on the screen", () => {
  expect(toPaper([110, 60], { left: 10, top: 10, width: 540 }, 270)).toEqual([50, 25]);
});

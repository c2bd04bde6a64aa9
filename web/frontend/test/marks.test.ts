import { expect, test } from "vitest";
import { findStatements, ECG_STATEMENTS } from "../src/i18n/ecg-statements";
import { marchSteps } from "../src/reading/ecg/scale";
import { pixelOf, type Plane, worldOf } from "../src/reading/pictures/coordinates";
import { hang, openingWindow } from "../src/reading/pictures/hanging";
import { depthsOf, Link, nearest } from "../src/reading/pictures/linked";
import type { Series } from "../src/reading/contract";

const OBLIQUE: Plane = {
  origin: [10, -20, 30],
  spacing: [0.5, 0.75],
  row: [0.6, 0.8, 0],
  column: [0, 0, -1],
};

test("a pixel and its point in the patient are each other's", () => {
  const [column, row] = pixelOf(OBLIQUE, worldOf(OBLIQUE, [12.5, 7]));
  expect(column).toBeCloseTo(12.5);
  expect(row).toBeCloseTo(7);
});

test("a marched interval comes again both ways and never fills the paper", () => {
  expect(marchSteps(30, 50, 100)).toEqual([10, 70, 90]);
  expect(marchSteps(30, 31, 100)).toEqual([]);
});

test("letters of either language find a statement, the exact code first", () => {
  expect(findStatements("avb1")[0]?.zh).toContain("一度");
  expect(findStatements("lb")[0]?.en).toContain("left bundle");
  expect(findStatements("倒置").map((one) => one.en)).toEqual(["T-wave inversion"]);
  expect(findStatements("  ")).toEqual([]);
  for (const one of ECG_STATEMENTS) expect(one.zh && one.en && one.codes).toBeTruthy();
});

const stack = (positions: number[]) => ({
  index: 0,
  slices: positions.map((z) => ({
    json: { "00200037": { Value: [1, 0, 0, 0, 1, 0] }, "00200032": { Value: [0, 0, z] } },
  })),
  async scrollTo(index: number) {
    this.index = index;
  },
});

test("linked stacks keep their distance in millimetres, not in slices", async () => {
  const [here, there] = [stack([0, 5, 10, 15, 20]), stack([100, 102, 104, 106, 108, 110, 112])];
  const link = new Link();
  link.remember(here, [there]);
  here.index = 2;
  await link.follow(here, [there]);
  expect(there.index).toBe(5);
  link.on = false;
  here.index = 0;
  await link.follow(here, [there]);
  expect(there.index).toBe(5);
  expect(nearest(depthsOf(here.slices), 12)).toBe(2);
});

const series = (modality: string, views: string[], description = ""): Series => ({
  seriesInstanceUID: "1",
  number: 1,
  description,
  modality,
  instances: views.map((view) => ({
    sopInstanceUID: view,
    sopClassUID: "",
    number: 1,
    rows: 1,
    columns: 1,
    frames: 1,
    kind: "image" as const,
    damaged: false,
    view,
  })),
});

test("the frontal view hangs left of the lateral one", () => {
  expect(hang([series("DX", ["LL", "PA"])]).map((one) => one.index)).toEqual([1, 0]);
  expect(hang([series("CR", ["AP", "LL"])]).map((one) => one.index)).toEqual([0, 1]);
});

test("a chest CT opens in the lung window unless its series is one of soft tissue", () => {
  const study = { bodyPart: "CHEST", description: "" };
  expect(openingWindow(study, series("CT", [""]))).toEqual({ width: 1500, center: -600 });
  expect(openingWindow(study, series("CT", [""], "Mediastinum"))).toBeNull();
  expect(openingWindow({ bodyPart: "HEAD", description: "" }, series("CT", [""]))).toBeNull();
  expect(openingWindow(study, series("DX", ["PA"]))).toBeNull();
});

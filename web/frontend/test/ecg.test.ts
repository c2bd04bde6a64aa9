import { expect, test } from "vitest";
import { bounds, measuredOf, withoutMoved } from "../src/reading/ecg/measured-values";
import { previousEcg, serialChanges } from "../src/reading/ecg/serial";
import { refreshed } from "../src/reading/report/suggestion";
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

const measure = (name: string, value: number | null) => ({ name, value, unit: "ms", method: "", reason: "" });
const read = (instance: string, ...measurements: ReturnType<typeof measure>[]) =>
  ({ instance, measurements }) as never;

test("what a doctor set counts, and the machine's value stays beside it", () => {
  const edit = { instance: "1", version: 1, values: { pr: 210 } } as never;
  const all = measuredOf(
    { preReads: [read("1", measure("pr", 160), measure("qrs", 90))], ecgEdits: [edit] },
    "1",
  );
  expect(all.find((one) => one.name === "pr")).toMatchObject({ value: 210, machine: 160, edited: true });
  expect(all.find((one) => one.name === "qrs")).toMatchObject({ value: 90, edited: false });
  expect(all).toHaveLength(11);
});

test("a mark stands between its neighbours", () => {
  const marks = { p_onset: 100, p_offset: 200, qrs_onset: 260, t_end: 700 };
  expect(bounds(marks, "p_offset", 1040)).toEqual([100, 260]);
  expect(bounds(marks, "t_end", 1040)).toEqual([260, 1040]);
});

test("a mark that moves takes back what was typed for its intervals", () => {
  expect(withoutMoved({ pr: 200, qrs: 90, heart_rate: 70 }, "p_onset")).toEqual({ qrs: 90, heart_rate: 70 });
});

test("an axis differs the short way round, and a lost value is told", () => {
  const rows = (axis: number, pr: number | null) =>
    measuredOf({ preReads: [read("1", measure("axis_qrs", axis), measure("pr", pr))] }, "1");
  const changes = serialChanges(rows(-170, null), rows(170, 160));
  expect(changes.find((one) => one.name === "axis_qrs")).toMatchObject({ by: 20, telling: false });
  expect(changes.find((one) => one.name === "pr")).toMatchObject({ by: null, telling: true });
});

test("the previous ECG is the newest that is not younger", () => {
  const prior = (id: number, date: string, modality = "ECG") => ({ id, date, modality }) as never;
  const priors = [prior(1, "20270101"), prior(2, "20260101", "DX"), prior(3, "20250101")];
  expect(previousEcg({ priors, study: { date: "20261122" } as never })?.id).toBe(3);
});

test("the suggestion's line follows a new value only where it stands word for word", () => {
  const words = (findings: string) => ({ findings, impression: "", advice: "" });
  const text = { ...words("PR 160\nown words"), addendum: "" };
  expect(refreshed(text, words("PR 160"), words("PR 210")).findings).toBe("PR 210\nown words");
  expect(refreshed(text, words("PR 170"), words("PR 210")).findings).toBe("PR 160\nown words");
});

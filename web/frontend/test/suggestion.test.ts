import { expect, test } from "vitest";
import type { Case, Finding, Instance, PreRead } from "../src/reading/contract";
import { abnormalities, acceptable, appended } from "../src/reading/report/suggestion";

const INSTANCE: Instance = {
  sopInstanceUID: "1",
  sopClassUID: "",
  number: 1,
  rows: null,
  columns: null,
  frames: 1,
  kind: "ecg",
  damaged: false,
};
const finding = (code: string, positive: boolean): Finding => ({
  code,
  label_zh: code,
  label_en: code,
  probability: 0.9,
  threshold: 0.5,
  positive,
  boxes: [],
  leads: [],
  interval_ms: null,
});
const preRead = (more: Partial<PreRead>): PreRead => ({
  instance: "1",
  model: "ecg",
  version: "1",
  assessed: true,
  reason: "",
  reasonText: "",
  findings: [finding("NORM", true)],
  measurements: [],
  remarks: [],
  late: false,
  at: "",
  ...more,
});
const ecg = (more: Partial<Case> = {}): Case =>
  ({
    series: [{ seriesInstanceUID: "2", number: 1, description: "", modality: "ECG", instances: [INSTANCE] }],
    preReads: [preRead({})],
    suggestion: { findings: "窦性心律", impression: "正常心电图。", advice: "", source: "ecg" },
    arriving: null,
    reports: [],
    ...more,
  }) as unknown as Case;

test("the displayed statement of a normal ECG may be signed as it stands", () => {
  expect(acceptable(ecg())?.impression).toBe("正常心电图。");
});

test("an ECG with a finding, or one that was not assessed, is never signed unwritten", () => {
  expect(
    acceptable(
      ecg({ preReads: [preRead({ findings: [finding("super_NORM", true), finding("rhythm_AFIB", true)] })] }),
    ),
  ).toBeNull();
  expect(acceptable(ecg({ preReads: [preRead({ assessed: false })] }))).toBeNull();
  expect(acceptable(ecg({ preReads: [] }))).toBeNull();
});

test("a picture is never signed unwritten, nor anything still arriving or signed before", () => {
  const picture = {
    seriesInstanceUID: "2",
    number: 1,
    description: "",
    history: "",
    modality: "DX",
    instances: [{ ...INSTANCE, kind: "image" as const }],
  };
  expect(acceptable(ecg({ series: [picture] }))).toBeNull();
  expect(acceptable(ecg({ arriving: { received: 1, expected: null } }))).toBeNull();
  expect(acceptable(ecg({ reports: [{}] as never }))).toBeNull();
});

test("what a model that could not assess says is no finding", () => {
  expect(
    abnormalities(ecg({ preReads: [preRead({ assessed: false, findings: [finding("AFIB", true)] })] })),
  ).toEqual([]);
});

test("a suggestion is added below what is written, once", () => {
  const text = { findings: "心影不大。", impression: "", advice: "", addendum: "" };
  const words = { findings: "右肺片状影。", impression: "肺炎。", advice: "" };
  const once = appended(text, words);
  expect(once.findings).toBe("心影不大。\n右肺片状影。");
  expect(appended(once, words)).toEqual(once);
});

import { expect, test } from "vitest";
import type { Case } from "../src/reading/contract";
import { newsOf, noticesOf } from "../src/reading/notices";
import { aiPanel } from "../src/reading/ai-panel";
import { drawnFindings, aiLabel } from "../src/reading/pictures/ai-layer";
import { hang } from "../src/reading/pictures/hanging";

const CASE = {
  study: { state: "ready", note: "" },
  patient: { guessed: false },
  series: [],
  preReads: [],
  reports: [],
  arriving: null,
} as unknown as Case;
const finding = {
  code: "pneumonia",
  label_zh: "肺炎",
  label_en: "Pneumonia",
  probability: 0.87,
  threshold: 0.5,
  positive: true,
  boxes: [],
  leads: [],
  interval_ms: null,
};
const preRead = {
  instance: "1",
  model: "chest-pneumonia",
  version: "1.0",
  assessed: true,
  reason: "",
  reasonText: "",
  findings: [finding],
  measurements: [],
  remarks: [],
  late: false,
  at: "",
};
const picture = (number: number) => ({
  sopInstanceUID: String(number),
  sopClassUID: "",
  number,
  rows: 1,
  columns: 1,
  frames: 1,
  kind: "image" as const,
  damaged: false,
});
const series = (modality: string, count: number, uid = "s") => ({
  seriesInstanceUID: uid,
  number: 1,
  description: "",
  history: "",
  modality,
  instances: Array.from({ length: count }, (_, at) => picture(at)),
});

test("an ordinary case has no notices", () => {
  expect(noticesOf(CASE)).toEqual([]);
});

test("a study still arriving says how much is here, and ? when nobody knows how much will come", () => {
  expect(noticesOf({ ...CASE, arriving: { received: 132, expected: null } })[0]?.text).toContain("132/?");
});

test("damaged objects are named first", () => {
  const broken = { ...series("DX", 1), instances: [{ ...picture(1), damaged: true }] };
  expect(noticesOf({ ...CASE, series: [broken], arriving: { received: 1, expected: 2 } })[0]?.tone).toBe(
    "bad",
  );
});

test("no pre-read, and one that could not assess, never look like normal", () => {
  expect(aiPanel(CASE).textContent).toContain("这不表示正常");
  const silent = aiPanel({
    ...CASE,
    preReads: [{ ...preRead, assessed: false, reasonText: "部位不在范围", findings: [] }],
  });
  expect(silent.textContent).toContain("未评估");
  expect(silent.textContent).toContain("部位不在范围");
  expect(silent.textContent).not.toContain("未超过阈值");
});

test("an interval that could not be measured says why and shows no number", () => {
  const panel = aiPanel({
    ...CASE,
    preReads: [
      { ...preRead, measurements: [{ name: "qt", value: null, unit: "ms", method: "", reason: "T 波太低" }] },
    ],
  });
  expect(panel.querySelector(".measures")?.textContent).toContain("T 波太低");
  expect(panel.querySelector(".measures .num")).toBeNull();
});

test("model text is text, never markup", () => {
  const panel = aiPanel({
    ...CASE,
    preReads: [{ ...preRead, findings: [{ ...finding, label_zh: "<img src=x onerror=alert(1)>" }] }],
  });
  expect(panel.querySelector("img")).toBeNull();
});

test("only findings over threshold of this image are drawn, and never a late one", () => {
  const below = { ...preRead, findings: [{ ...finding, positive: false }] };
  expect(
    drawnFindings([preRead, below, { ...preRead, late: true }, { ...preRead, instance: "2" }], "1"),
  ).toHaveLength(1);
});

test("the label names the hint, the finding, its probability, the model and its version", () => {
  expect(aiLabel({ finding, preRead })).toBe("AI 提示 肺炎 0.87 · chest-pneumonia 1.0");
});

test("no probability is shown as a certainty that the model did not give", () => {
  const sure = { ...finding, probability: 0.99935 };
  expect(aiLabel({ finding: sure, preRead })).toContain("肺炎 >0.99 ·");
  const panel = aiPanel({ ...CASE, preReads: [{ ...preRead, findings: [sure] }] });
  expect(panel.querySelector(".ai-probability")?.textContent).toBe(">0.99");
  const hardly = { ...finding, probability: 0.0012, positive: false };
  expect(aiPanel({ ...CASE, preReads: [{ ...preRead, findings: [hardly] }] }).textContent).toContain("<0.01");
});

test("the tick on the scale of a finding says that it is the threshold, and which", () => {
  const panel = aiPanel({
    ...CASE,
    preReads: [{ ...preRead, findings: [{ ...finding, threshold: 0.125 }] }],
  });
  expect(panel.querySelector(".ai-scale-limit")?.textContent).toBe("阈值 0.125");
});

test("what is not assessed in fibrillation is not called unmeasured", () => {
  const reason = "fibrillation-or-flutter";
  const measurements = [
    { name: "pr", value: null, unit: "ms", method: "", reason, reasonText: "房颤或房扑" },
  ];
  const panel = aiPanel({ ...CASE, preReads: [{ ...preRead, measurements }] });
  expect(panel.querySelector(".measures tbody")?.textContent).toBe("PR 间期不评估 房颤或房扑");
});

test("two views of one radiographic exam hang side by side, in one series or two", () => {
  expect(hang([series("DX", 2)])).toHaveLength(2);
  expect(hang([series("DX", 1, "a"), series("DX", 1, "b")])).toHaveLength(2);
  expect(hang([series("CT", 40)])).toHaveLength(1);
  expect(hang([])).toEqual([]);
});

test("only other images and readings are news, not who writes or how far", () => {
  const image = { instances: [{ sopInstanceUID: "1.2.3" }] };
  const before = newsOf(CASE);
  expect(newsOf({ ...CASE, claim: { by: "李" }, draft: { version: 3 } } as unknown as Case)).toBe(before);
  expect(newsOf({ ...CASE, preReads: [preRead] } as unknown as Case)).not.toBe(before);
  expect(newsOf({ ...CASE, series: [image] } as unknown as Case)).not.toBe(before);
});

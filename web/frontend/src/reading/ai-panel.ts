/** What the models said, or why they said nothing; "not assessed" never looks like normal. */
import { fill, h, icon } from "../dom/element";
import { localTime } from "../dom/time";
import { type Key, labelled, t } from "../i18n";
import { type Case, faults, type Finding, type Measurement, type PreRead } from "./contract";
import { figure, missingText, unitText } from "./ecg/measured-values";
import { shownBoxes } from "./pictures/ai-layer";
import { isNormal } from "./report/suggestion";
import { measurementText, probabilityText } from "./words";

const GROUP_TEXT: Record<string, Key> = {
  overall: "groupOverall",
  rhythm: "groupRhythm",
  conduction: "groupConduction",
  hypertrophy: "groupHypertrophy",
  infarction: "groupInfarction",
  "st-t": "groupStT",
  form: "groupForm",
};

/** The panel over the report. */
export function aiPanel(
  data: Case,
  reveal: () => void = () => undefined,
  measured: HTMLElement | null = null,
): HTMLElement {
  const body = h("div", { class: "ai-body" });
  const panel = h(
    "section",
    { class: "ai-panel", "aria-label": t("aiHint") },
    h(
      "h2",
      { class: "pane-head" },
      icon("ai"),
      t("aiHint"),
      h("span", { class: "muted small" }, t("aiCaveat")),
    ),
    body,
  );
  if (data.aiHidden)
    fill(
      body,
      h(
        "p",
        { class: "ai-line" },
        h("span", { class: "badge badge-plain" }, t("aiHidden")),
        h("span", { class: "muted small" }, t("aiHiddenHelp")),
        h("button", { class: "button button-small", type: "button", on: { click: reveal } }, t("aiReveal")),
      ),
    );
  else if (data.preReads.length === 0)
    fill(
      body,
      h(
        "p",
        { class: "ai-line" },
        h("span", { class: "badge badge-ai-pending" }, t("aiPending")),
        h("span", { class: "muted small" }, t("aiPendingHelp")),
      ),
      measured,
    );
  else
    fill(
      body,
      ...data.preReads.map(alerts),
      ...data.preReads.map(remarks),
      ...data.preReads.map(block),
      measured ?? measures(data.preReads.flatMap((preRead) => preRead.measurements)),
    );
  return panel;
}

function block(preRead: PreRead): HTMLElement {
  const model = h(
    "div",
    { class: "ai-model num", title: preRead.at ? localTime(preRead.at) : "" },
    `${preRead.model} ${preRead.version}`,
    preRead.late && h("span", { class: "badge badge-warn" }, t("aiLate")),
  );
  if (!preRead.assessed) {
    return h(
      "div",
      { class: "ai-block" },
      h(
        "p",
        { class: "ai-line" },
        h("span", { class: "badge badge-ai-none" }, t("aiNotAssessed")),
        h("span", {}, preRead.reasonText || preRead.reason),
      ),
      model,
    );
  }
  const positive = standing(preRead);
  const rest = preRead.findings
    .filter((finding) => !positive.includes(finding))
    .sort((a, b) => b.probability - a.probability);
  return h(
    "div",
    { class: "ai-block" },
    ...positive.map((finding) => line(finding, true, groupOf(preRead, finding))),
    positive.length === 0 &&
      h("p", { class: "ai-line" }, h("span", { class: "badge badge-ai-negative" }, t("aiBelow"))),
    rest.length > 0 &&
      h(
        "details",
        { class: "ai-rest" },
        h("summary", {}, t(preRead.statements?.length ? "aiOthers" : "aiRest", { n: rest.length })),
        ...rest.map((finding) => line(finding, false)),
      ),
    model,
  );
}

/** What the rules raised, on top of everything: suggested by measured values, decided by a person. */
function alerts(preRead: PreRead): HTMLElement | null {
  const raised = preRead.alerts ?? [];
  const broken = (preRead.unchecked ?? []).find((one) => one.rule === "*");
  if (raised.length === 0 && !broken) return null;
  return h(
    "div",
    { class: "ai-alerts", role: "alert" },
    h(
      "p",
      { class: "ai-alerts-head" },
      icon("siren"),
      t("alertHead"),
      h("span", { class: "small" }, t("alertHelp")),
    ),
    ...raised.map((one) => h("p", { class: "ai-alert" }, labelled(one.text_zh, one.text_en))),
    broken && h("p", { class: "ai-alert" }, t("rulesBroken", { why: broken.reason })),
  );
}

/** What is wrong with the recording itself, beside the statements. */
function remarks(preRead: PreRead): HTMLElement | null {
  const found = preRead.remarks ?? [];
  if (found.length === 0) return null;
  return h(
    "div",
    { class: "ai-remarks" },
    ...found.map((one) =>
      h(
        "p",
        { class: "ai-remark" },
        icon("alert"),
        h("span", {}, labelled(one.label_zh, one.label_en), " ", h("strong", {}, one.leads.join(" "))),
      ),
    ),
  );
}

/** The findings that stand: an ECG's as its statements order them, else those over threshold. */
function standing(preRead: PreRead): Finding[] {
  if (preRead.statements?.length)
    return preRead.statements.flatMap(
      (one) => preRead.findings.find((finding) => finding.code === one.code) ?? [],
    );
  if (preRead.statements && (preRead.alerts?.length || faults(preRead).length)) return [];
  return preRead.findings.filter((finding) => finding.positive).sort((a, b) => b.probability - a.probability);
}

function groupOf(preRead: PreRead, finding: Finding): string {
  const group = preRead.statements?.find((one) => one.code === finding.code)?.group ?? "";
  const key = GROUP_TEXT[group];
  return key ? t(key) : "";
}

function line(finding: Finding, positive: boolean, group = ""): HTMLElement {
  const name = labelled(finding.label_zh, finding.label_en) || finding.code;
  const boxes = shownBoxes(finding).length;
  const place = [boxes > 0 ? t(boxes === 1 ? "box" : "boxes", { n: boxes }) : "", finding.leads.join(" ")]
    .filter(Boolean)
    .join(" · ");
  return h(
    "div",
    {
      class: `ai-finding ${positive ? (isNormal(finding) ? "ai-normal" : "ai-positive") : ""}`,
    },
    positive ? icon(isNormal(finding) ? "check" : "ai") : h("span", { class: "icon" }),
    group && h("span", { class: "ai-group muted small" }, group),
    h("span", { class: "ai-name" }, name, place && h("span", { class: "muted small" }, ` ${place}`)),
    scale(finding),
    h("span", { class: "num ai-probability" }, probabilityText(finding.probability)),
  );
}

/** Probability and threshold on a line from 0 to 1; the tick says what it is. */
function scale(finding: Finding): HTMLElement {
  const bar = h(
    "span",
    { class: "ai-meter", "aria-hidden": "true" },
    h("span", { class: "ai-meter-fill" }),
    h("span", { class: "ai-meter-limit" }),
  );
  bar.style.setProperty("--share", String(finding.probability));
  bar.style.setProperty("--limit", String(finding.threshold));
  const limit = t("aiThreshold", { p: String(Number(finding.threshold.toFixed(3))) });
  return h("span", { class: "ai-scale" }, bar, h("span", { class: "ai-scale-limit num" }, limit));
}

function measures(all: Measurement[]): HTMLElement | null {
  if (all.length === 0) return null;
  return h(
    "table",
    { class: "measures" },
    h("caption", { class: "hidden-visually" }, t("measurements")),
    h("tbody", {}, ...all.map(measureRow)),
  );
}

function measureRow(one: Measurement): HTMLElement {
  const value =
    one.value === null
      ? h(
          "td",
          { class: "measure-none" },
          h("span", { title: one.reason }, missingText(one.reason)),
          " ",
          h("span", { class: "muted small" }, one.reasonText || one.reason),
        )
      : h("td", { class: "num" }, h("strong", {}, figure(one.value)), ` ${unitText(one.unit)}`);
  return h("tr", { title: one.method }, h("th", { scope: "row" }, measurementText(one.name)), value);
}

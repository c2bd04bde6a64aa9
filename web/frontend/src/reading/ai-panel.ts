/** What the models said, or why they said nothing; "not assessed" never looks like normal. */
import { fill, h, icon } from "../dom/element";
import { localTime } from "../dom/time";
import { labelled, t } from "../i18n";
import type { Case, Finding, Measurement, PreRead } from "./contract";
import { shownBoxes } from "./pictures/ai-layer";
import { isNormal } from "./report/suggestion";
import { measurementText } from "./words";

/** The panel over the report. */
export function aiPanel(data: Case): HTMLElement {
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
  if (data.preReads.length === 0)
    fill(
      body,
      h(
        "p",
        { class: "ai-line" },
        h("span", { class: "badge badge-ai-pending" }, t("aiPending")),
        h("span", { class: "muted small" }, t("aiPendingHelp")),
      ),
    );
  else
    fill(
      body,
      ...data.preReads.map(block),
      measures(data.preReads.flatMap((preRead) => preRead.measurements)),
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
  const positive = preRead.findings
    .filter((finding) => finding.positive)
    .sort((a, b) => b.probability - a.probability);
  const rest = preRead.findings
    .filter((finding) => !finding.positive)
    .sort((a, b) => b.probability - a.probability);
  return h(
    "div",
    { class: "ai-block" },
    ...positive.map((finding) => line(finding, true)),
    positive.length === 0 &&
      h("p", { class: "ai-line" }, h("span", { class: "badge badge-ai-negative" }, t("aiBelow"))),
    rest.length > 0 &&
      h(
        "details",
        { class: "ai-rest" },
        h("summary", {}, t("aiRest", { n: rest.length })),
        ...rest.map((finding) => line(finding, false)),
      ),
    model,
  );
}

function line(finding: Finding, positive: boolean): HTMLElement {
  const name = labelled(finding.label_zh, finding.label_en) || finding.code;
  const boxes = shownBoxes(finding).length;
  const place = [boxes > 0 ? t("boxes", { n: boxes }) : "", finding.leads.join(" ")]
    .filter(Boolean)
    .join(" · ");
  return h(
    "div",
    {
      class: `ai-finding ${positive ? (isNormal(finding) ? "ai-normal" : "ai-positive") : ""}`,
      title: t("aiThreshold", { p: finding.threshold.toFixed(2) }),
    },
    positive ? icon(isNormal(finding) ? "check" : "ai") : h("span", { class: "icon" }),
    h("span", { class: "ai-name" }, name, place && h("span", { class: "muted small" }, ` ${place}`)),
    meter(finding),
    h("span", { class: "num ai-probability" }, finding.probability.toFixed(2)),
  );
}

function meter(finding: Finding): HTMLElement {
  const bar = h(
    "span",
    { class: "ai-meter", "aria-hidden": "true" },
    h("span", { class: "ai-meter-fill" }),
    h("span", { class: "ai-meter-limit" }),
  );
  bar.style.setProperty("--share", String(finding.probability));
  bar.style.setProperty("--limit", String(finding.threshold));
  return bar;
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
          h("span", { title: one.reason }, t("notMeasured")),
          " ",
          h("span", { class: "muted small" }, one.reasonText || one.reason),
        )
      : h("td", { class: "num" }, h("strong", {}, valueText(one.value)), ` ${unitText(one.unit)}`);
  return h("tr", { title: one.method }, h("th", { scope: "row" }, measurementText(one.name)), value);
}

function valueText(value: number): string {
  return Math.abs(value) < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
}

function unitText(unit: string): string {
  return unit === "degrees" || unit === "deg" ? "°" : unit;
}

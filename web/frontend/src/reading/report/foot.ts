/** The row of buttons under the report; a button that is off says why. */
import { h, icon } from "../../dom/element";
import { t } from "../../i18n";
import type { Case } from "../contract";
import { handsOver, mayFinish } from "./review";

export interface FootActs {
  template(): void;
  templates(): void;
  suggestion(): void;
  sign(): void;
}

/** Template, suggestion and signature; an addendum has only the last. */
export function writingFoot(data: Case, addendum: boolean, acts: FootActs): HTMLElement {
  const words = h("div", { class: "row" });
  if (!addendum) {
    words.append(
      small(t("template"), "T", data.rights.write ? "" : data.rights.why, t("insertTemplate"), acts.template),
      small(
        t("moreTemplates"),
        "J",
        data.rights.write ? "" : data.rights.why,
        t("templates"),
        acts.templates,
      ),
      small(t("suggestion"), "S", whyNoSuggestion(data), t("insertSuggestion"), acts.suggestion),
    );
  }
  return h("div", { class: "report-foot" }, words, signButton(data, acts.sign));
}

/** Under a signed report there is only the way to an addendum. */
export function signedFoot(data: Case, open: () => void): HTMLElement {
  const why = h("span", { class: "muted small" }, data.rights.why);
  const look = { type: "button", class: "button", on: { click: open } };
  return h("div", { class: "report-foot" }, why, h("button", look, icon("plus"), t("openAddendum")));
}

function small(label: string, key: string, why: string, help: string, act: () => void): HTMLElement {
  const title = why || `${help} (${key})`;
  const off = why ? "true" : null;
  const look = { type: "button", class: "button button-small", title, "aria-disabled": off };
  return h("button", { ...look, on: { click: act } }, label, h("kbd", {}, key));
}

function whyNoSuggestion(data: Case): string {
  if (!data.rights.write) return data.rights.why;
  return data.suggestion ? "" : t("noSuggestion");
}

function signButton(data: Case, act: () => void): HTMLElement {
  const may = mayFinish(data);
  const over = handsOver(data);
  const { waiting } = data.review;
  const label = t(over ? "handOver" : waiting && !waiting.mine ? "approve" : "sign");
  const help = over ? data.review.whyHandOver : t("signFor", { name: data.patient.name });
  const title = may ? `${help} (Ctrl+Enter)` : data.rights.why;
  const look = { type: "button", class: "button button-main report-sign", title };
  return h(
    "button",
    { ...look, "aria-disabled": may ? null : "true", on: { click: act } },
    icon(over ? "send" : "signature"),
    label,
    h("kbd", {}, "Ctrl ↵"),
  );
}

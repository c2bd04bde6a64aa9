/** The two levels beside the report: who wrote, what came back, and how the texts differ. */
import { ask } from "../../dom/dialog";
import { h } from "../../dom/element";
import { dicomDate, localTime } from "../../dom/time";
import { type Key, t } from "../../i18n";
import type { Case, Change, Text } from "../contract";

const PARTS: Record<keyof Text, Key> = {
  findings: "findings",
  impression: "impression",
  advice: "advice",
  addendum: "addendum",
};

/** True where finishing means to hand the report over, not to sign it. */
export function handsOver(data: Case): boolean {
  return data.review.mustHandOver;
}

/** True where this person may finish the report, by signing or by handing over. */
export function mayFinish(data: Case): boolean {
  return handsOver(data) ? data.rights.handOver : data.rights.sign;
}

/** The newest signed report of an earlier study, beside the one that is written; null without one. */
export function previousReport(data: Case): HTMLElement | null {
  const prior = data.priors.find((one) => one.impression);
  if (!prior) return null;
  return h(
    "details",
    { class: "review difference" },
    h("summary", {}, `${t("previousReport")} ${dicomDate(prior.date)} ${prior.modality} ${prior.impression}`),
    h("p", { class: "difference-words" }, prior.findings ?? ""),
    h("p", { class: "difference-words" }, prior.impression),
  );
}

/** What stands over the fields; null where there is nothing to say. */
export function reviewPanel(data: Case): HTMLElement | null {
  const { waiting, returned, changes } = data.review;
  if (!waiting && !returned && !changes.length) return null;
  return h(
    "section",
    { class: "review", "aria-label": t("review") },
    waiting &&
      note(
        waiting.mine ? t("waitsForReview") : t("writtenBy", { who: waiting.by, when: localTime(waiting.at) }),
      ),
    ...(waiting?.reasons ?? []).map((one) => note(`${one.title}: ${one.reason}`)),
    returned && note(t("returnedBy", { who: returned.by, why: returned.reason }), "notice-warn"),
    ...changes.map((one, at) => difference(one, at === changes.length - 1)),
  );
}

/** What a report most often goes back for; a digit in the empty field takes one and sends it. */
const USUAL: readonly Key[] = [
  "returnNotSeen",
  "returnIncomplete",
  "returnSide",
  "returnWords",
  "returnMeasure",
];

/** Asks why a report goes back; null when it does not. */
export async function askReturn(patient: string, writer: string): Promise<string | null> {
  const field = h("textarea", { rows: "3", maxlength: "500", required: true, "aria-label": t("reason") });
  const send = (reason: Key) => {
    field.value = t(reason);
    field.form?.requestSubmit();
  };
  const usual = USUAL.map((reason, at) =>
    h(
      "button",
      { type: "button", class: "button button-small", on: { click: () => send(reason) } },
      t(reason),
      h("kbd", {}, String(at + 1)),
    ),
  );
  const answer = await ask({
    title: t("giveBackTitle", { name: patient }),
    body: [
      h("p", {}, t("giveBackAsk", { who: writer })),
      h("div", { class: "row" }, ...usual),
      h("label", { class: "field" }, h("span", { class: "field-label" }, t("reason")), field),
    ],
    choices: [
      { key: "", label: t("cancel") },
      { key: "return", label: t("giveBackReport"), tone: "main" },
    ],
    ready: () => {
      field.focus();
      // One line is the rule: Enter sends it, as in every other question.
      field.addEventListener("keydown", (event) => {
        const reason = field.value ? undefined : USUAL[Number(/^Digit(\d)$/.exec(event.code)?.[1]) - 1];
        if (reason && !event.isComposing) {
          event.preventDefault();
          return send(reason);
        }
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        field.form?.requestSubmit();
      });
    },
  });
  return answer === "return" && field.value.trim() ? field.value.trim() : null;
}

function note(words: string, more = "notice-info"): HTMLElement {
  return h("p", { class: `notice ${more} review-note` }, words);
}

function difference(one: Change, open: boolean): HTMLElement {
  const parts = (Object.keys(PARTS) as (keyof Text)[]).filter((name) => one.parts[name]?.length);
  return h(
    "details",
    { class: "difference", open: open || null },
    h("summary", {}, `${t("difference")} ${one.from} → ${one.to}`),
    ...parts.map((name) =>
      h(
        "p",
        { class: "difference-words" },
        h("span", { class: "muted small" }, t(PARTS[name])),
        " ",
        ...(one.parts[name] ?? []).map(([kind, words]) => piece(kind, words)),
      ),
    ),
  );
}

function piece(kind: string, words: string): HTMLElement {
  return kind === "gone" ? h("del", {}, words) : kind === "new" ? h("ins", {}, words) : h("span", {}, words);
}

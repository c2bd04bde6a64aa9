/** The dialogs of the report: each says what is at stake, with the patient's name. */
import { ask, confirmed } from "../../dom/dialog";
import { h } from "../../dom/element";
import { localTime } from "../../dom/time";
import { type Key, labelled, t } from "../../i18n";
import type { Case, Draft, Text } from "../contract";

/** As `hub/domain/critical_notice.py` has it. */
const CRITICAL_LONGEST = 200;

const NAMES: [keyof Text, Key][] = [
  ["findings", "findings"],
  ["impression", "impression"],
  ["advice", "advice"],
  ["addendum", "addendum"],
];

/** Shows both texts; "mine", "theirs" or "" to go on thinking. */
export async function chooseText(mine: Text, theirs: Draft): Promise<string> {
  const who = [theirs.by, theirs.savedAt ? localTime(theirs.savedAt) : ""].filter(Boolean).join(" · ");
  return ask({
    title: t("conflictTitle"),
    wide: true,
    body: [
      h("p", {}, t("conflictHelp")),
      h(
        "div",
        { class: "side-by-side" },
        column(t("conflictMine"), mine),
        column(`${t("conflictTheirs")} ${who}`, theirs),
      ),
    ],
    choices: [
      { key: "", label: t("decideLater") },
      { key: "theirs", label: t("useTheirs") },
      { key: "mine", label: t("useMine"), tone: "main" },
    ],
  });
}

/** Asks for the password; null when the person thought better of it. */
export async function askPassword(patient: string, message: string): Promise<string | null> {
  const field = h("input", {
    type: "password",
    autocomplete: "current-password",
    "aria-label": t("password"),
    required: true,
  });
  const answer = await ask({
    title: t("passwordTitle"),
    body: [
      h("p", {}, t("passwordHelp", { name: patient })),
      message && h("div", { class: "notice notice-bad", role: "alert" }, message),
      h("label", { class: "field" }, h("span", { class: "field-label" }, t("password")), field),
    ],
    choices: [
      { key: "", label: t("cancel") },
      { key: "sign", label: t("sign"), tone: "main" },
    ],
    ready: () => field.focus(),
  });
  return answer === "sign" && field.value ? field.value : null;
}

/** Asks whether a guessed name is the patient's; nothing is chosen beforehand, so that Enter confirms nothing. */
export async function askName(name: string, message: string): Promise<boolean> {
  const answer = await ask({
    title: t("nameTitle"),
    body: [h("p", {}, message), h("p", { class: "asked-name" }, name)],
    choices: [
      { key: "", label: t("cancel") },
      { key: "name", label: t("nameConfirm"), tone: "main" },
    ],
    ready: (dialog) => dialog.querySelector<HTMLButtonElement>('button[value=""]')?.focus(),
  });
  return answer === "name";
}

/** Names what changed since the page was opened; true to load it anew and keep the text. */
export async function askReload(differences: string[], message: string): Promise<boolean> {
  const answer = await ask({
    title: t("changedTitle"),
    body: [
      h("p", {}, differences.length ? t("changedHelp") : message || t("changedHelp")),
      h("ul", { class: "changes" }, ...differences.map((one) => h("li", {}, one))),
      h("p", { class: "muted" }, t("changedKeeps")),
    ],
    choices: [
      { key: "", label: t("close") },
      { key: "reload", label: t("reloadKeep"), tone: "main" },
    ],
    ready: (dialog) => dialog.querySelector<HTMLButtonElement>("button[value=reload]")?.focus(),
  });
  return answer === "reload";
}

/** Before the normal template replaces words or contradicts the models. */
export function askTemplate(hasText: boolean, aiNames: string[]): Promise<boolean> {
  const reasons = [
    hasText ? t("templateReplaces") : "",
    aiNames.length ? t("templateAgainstAi", { what: aiNames.join("、") }) : "",
  ].filter(Boolean);
  return confirmed(t("insertTemplate"), reasons.join(" "), t("insertAnyway"), "danger");
}

/** The words found on this machine that the server does not have; true to put them back. */
export async function askRestore(kept: Text, server: Draft, at: string): Promise<boolean> {
  const answer = await ask({
    title: t("restoreTitle"),
    wide: true,
    body: [
      h("p", {}, t("restoreHelp", { when: localTime(at) })),
      h("div", { class: "side-by-side" }, column(t("restoreHere"), kept), column(t("restoreServer"), server)),
    ],
    choices: [
      { key: "drop", label: t("useTheirs") },
      { key: "restore", label: t("useMine"), tone: "main" },
    ],
  });
  return answer !== "drop";
}

/** What the site is told of a critical value; null when the person thought better of it. */
export async function askCritical(data: Case, text: Text): Promise<string | null> {
  const alerts = data.preReads
    .flatMap((one) => one.alerts ?? [])
    .map((one) => labelled(one.text_zh, one.text_en));
  const first = text.impression.trim().replace(/\s+/g, " ") || alerts.join("；");
  const field = h("textarea", {
    rows: 3,
    maxlength: CRITICAL_LONGEST,
    "aria-label": t("criticalWords"),
    required: true,
  });
  field.value = first.slice(0, CRITICAL_LONGEST);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    field.form?.requestSubmit();
  });
  const answer = await ask({
    title: t("criticalTitle"),
    body: [
      h(
        "p",
        {},
        t("criticalAsk", { name: data.patient.name, site: data.study.siteLabel || data.study.site }),
      ),
      h("label", { class: "field" }, h("span", { class: "field-label" }, t("criticalWords")), field),
      h("p", { class: "muted small" }, t("criticalExplained")),
    ],
    choices: [
      { key: "", label: t("cancel") },
      { key: "tell", label: t("criticalTell"), tone: "danger" },
    ],
    ready: () => {
      field.focus();
      field.select();
    },
  });
  return answer === "tell" ? field.value.trim() || null : null;
}

/** The session ended while the page was open; the text is safe. */
export async function askLogin(returnTo: string): Promise<void> {
  if (document.querySelector("dialog[open]")) return;
  const answer = await ask({
    title: t("expiredTitle"),
    body: [h("p", {}, t("expiredHelp"))],
    choices: [
      { key: "", label: t("close") },
      { key: "login", label: t("loginAgain"), tone: "main" },
    ],
    ready: (dialog) => dialog.querySelector<HTMLButtonElement>("button[value=login]")?.focus(),
  });
  if (answer === "login") location.assign(`/login?expired=1&next=${encodeURIComponent(returnTo)}`);
}

function column(title: string, text: Text): HTMLElement {
  const parts = NAMES.filter(([name]) => text[name]).flatMap(([name, label]) => [
    h("h3", { class: "muted small" }, t(label)),
    h("pre", {}, text[name]),
  ]);
  return h(
    "div",
    { class: "stack" },
    h("h3", {}, title),
    ...(parts.length ? parts : [h("p", { class: "muted" }, t("emptyText"))]),
  );
}

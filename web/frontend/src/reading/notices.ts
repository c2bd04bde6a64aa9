/** What must be known before this case is read: still arriving, quarantined, damaged, late. */
import { h } from "../dom/element";
import { localTime } from "../dom/time";
import { t } from "../i18n";
import type { Case } from "./contract";

interface Notice {
  tone: "info" | "warn" | "bad";
  text: string;
}

/** The notices of a case, gravest first. */
export function noticesOf(data: Case): Notice[] {
  const found: Notice[] = [];
  const damaged = data.series
    .flatMap((series) => series.instances)
    .filter((instance) => instance.damaged).length;
  if (data.study.state === "quarantined") found.push({ tone: "bad", text: t("noticeQuarantined") });
  if (data.study.state === "rejected") found.push({ tone: "bad", text: t("noticeRejected") });
  for (const one of data.critical ?? []) {
    const told = t("criticalNoticed", { words: one.words, by: one.by, at: localTime(one.at) });
    const known = one.knownBy
      ? t("criticalKnown", { who: one.knownBy, at: localTime(one.knownAt ?? "") })
      : t("criticalUnknown");
    found.push({ tone: one.knownBy ? "info" : "bad", text: `${told} ${known}` });
  }
  if (damaged) found.push({ tone: "bad", text: t("noticeDamaged", { n: damaged }) });
  if (data.arriving)
    found.push({
      tone: "warn",
      text: t("noticeArriving", { n: data.arriving.received, m: data.arriving.expected ?? "?" }),
    });
  if (data.study.state === "reopened" && data.reports.length)
    found.push({ tone: "warn", text: t("noticeReopened") });
  if (data.preReads.some((preRead) => preRead.late)) found.push({ tone: "warn", text: t("noticeLate") });
  if (data.patient.guessed) found.push({ tone: "warn", text: t("nameGuessed") });
  if (data.study.history)
    found.push({ tone: "info", text: t("noticeHistory", { history: data.study.history }) });
  if (data.study.note) found.push({ tone: "info", text: t("noticeNote", { note: data.study.note }) });
  return found;
}

/** The notices as they stand above the pictures. */
export function noticeBar(data: Case): HTMLElement {
  const notices = noticesOf(data);
  return h(
    "div",
    { class: "case-notices", role: "status", hidden: notices.length === 0 },
    ...notices.map((one) => h("div", { class: `notice notice-${one.tone}` }, one.text)),
  );
}

/** Which images and readings a case has, as a text to be compared. */
export function newsOf(data: Pick<Case, "series" | "preReads" | "arriving">): string {
  const images = data.series.flatMap((series) => series.instances.map((one) => one.sopInstanceUID));
  const readings = data.preReads.map((one) => `${one.instance} ${one.at}`);
  return JSON.stringify([images.sort(), readings.sort(), data.arriving === null]);
}

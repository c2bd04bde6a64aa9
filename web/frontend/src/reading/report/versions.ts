/** The signed versions of the report, the latest first; an addendum stands above its original. */
import { h, icon } from "../../dom/element";
import { localTime } from "../../dom/time";
import { type Key, t } from "../../i18n";
import type { Report, Text } from "../contract";

const PARTS: [keyof Text, Key][] = [
  ["addendum", "addendum"],
  ["findings", "findings"],
  ["impression", "impression"],
  ["advice", "advice"],
];

/** Every signed version; the latest is open when `open`. */
export function versionList(reports: readonly Report[], open: boolean): HTMLElement | null {
  if (reports.length === 0) return null;
  const sorted = [...reports].sort((a, b) => b.version - a.version);
  return h(
    "section",
    { class: "versions", "aria-label": t("versions") },
    ...sorted.map((report, at) => version(report, open && at === 0)),
  );
}

function version(report: Report, open: boolean): HTMLElement {
  const kind = t(report.kind === "addendum" ? "kindAddendum" : "kindReport");
  return h(
    "details",
    { class: "version", open: open || null },
    h(
      "summary",
      {},
      h("span", { class: "badge badge-signed" }, `${kind} v${report.version}`),
      h("span", {}, report.signer),
      h("time", { class: "num muted", datetime: report.signedAt }, localTime(report.signedAt)),
      h(
        "a",
        { class: "button button-small", href: report.pdf, target: "_blank", rel: "noopener" },
        icon("download"),
        "PDF",
      ),
    ),
    h(
      "div",
      { class: "version-body" },
      ...PARTS.filter(([name]) => report[name]).flatMap(([name, label]) => [
        h("h3", { class: "muted small" }, t(label)),
        h("p", { class: "version-words" }, report[name]),
      ]),
      h("p", { class: "mono muted", title: t("digestHelp") }, report.digest.slice(0, 16)),
    ),
  );
}

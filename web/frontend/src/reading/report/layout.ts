/** How the report pane is laid out: head, earlier versions, what the reviewer said, fields, foot. */
import { type Child, h, icon } from "../../dom/element";
import { t } from "../../i18n";
import type { Case } from "../contract";
import { isClosed } from "./beginning";
import type { Fields } from "./fields";
import { previousReport, reviewPanel } from "./review";
import { acceptable } from "./suggestion";
import { versionList } from "./versions";

/** The parts of the pane from top to bottom; `status` says whether the words are saved. */
export function paneParts(data: Case, addendum: boolean, status: HTMLElement, fields: Fields): Child[] {
  const offered = !addendum && acceptable(data);
  return [
    h("h2", { class: "pane-head" }, icon("edit"), t(addendum ? "addendum" : "report"), status),
    versionList(data.reports, true),
    reviewPanel(data),
    previousReport(data),
    offered && h("p", { class: "report-offer small" }, icon("info"), t("offered")),
    isClosed(data) ? null : fields.element,
  ];
}

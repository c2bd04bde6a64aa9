/** With which words the report pane begins. */
import type { Case } from "../contract";
import { isEmpty } from "./suggestion";

/** Signed, with nothing opened since: there is only an addendum to be written. */
export function isClosed(data: Case): boolean {
  return data.reports.length > 0 && (data.study.state === "signed" || data.study.state === "delivered");
}

/** In an addendum the signed words stay as they are unless a draft has others. */
export function startingDraft(data: Case): Case["draft"] {
  const last = [...data.reports].sort((a, b) => b.version - a.version)[0];
  if (!last || !isEmpty({ ...data.draft, addendum: "" })) return data.draft;
  return { ...data.draft, findings: last.findings, impression: last.impression, advice: last.advice };
}

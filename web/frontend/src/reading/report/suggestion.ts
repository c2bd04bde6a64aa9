/** When the displayed suggestion may be signed as it stands, and how words are put into the fields. */
import { labelled } from "../../i18n";
import { type Case, faults, type Finding, type Text, type Words } from "../contract";

/** What says that nothing was found, after the group that a code may begin with: `super_NORM`, `rhythm_SR`. */
const NORMAL_CODES = new Set(["NORM", "SR"]);

/** True for the statement that there is nothing to find. */
export function isNormal(finding: Pick<Finding, "code">): boolean {
  return NORMAL_CODES.has(finding.code.split("_").at(-1) ?? "");
}

/** Findings over threshold that are not themselves "normal". */
export function abnormalities(data: Pick<Case, "preReads">): Finding[] {
  return data.preReads
    .filter((one) => one.assessed)
    .flatMap((one) => one.findings.filter((finding) => stands(one, finding) && !isNormal(finding)));
}

/** Names what speaks against a normal report: findings over threshold, and rules that measured values met. */
export function againstNormal(data: Pick<Case, "preReads">): string[] {
  const alerts = data.preReads.flatMap((one) => one.alerts ?? []);
  return [
    ...abnormalities(data).map((one) => labelled(one.label_zh, one.label_en)),
    ...alerts.map((one) => labelled(one.text_zh, one.text_en)),
  ];
}

/** True for what a report would state: the resolved statements of an ECG, else what is over threshold. */
function stands(preRead: Case["preReads"][number], finding: Finding): boolean {
  if (!preRead.statements?.length) return finding.positive;
  return preRead.statements.some((one) => one.code === finding.code);
}

/** True where a rule raised something or the recording is not beyond doubt. */
function doubted(data: Pick<Case, "preReads">): boolean {
  return data.preReads.some(
    (one) => one.alerts?.length || faults(one).length || one.unchecked?.some((rule) => rule.rule === "*"),
  );
}

/**
 * The words that stand in the empty fields of a normal ECG, to be accepted by signing. Never when a model found
 * something, could not assess a recording, or when there is anything but ECGs in the study.
 */
export function acceptable(data: Case): Words | null {
  const instances = data.series.flatMap((series) => series.instances);
  const onlyEcg = instances.length > 0 && instances.every((instance) => instance.kind === "ecg");
  const assessed = data.preReads.length > 0 && data.preReads.every((one) => one.assessed && !one.late);
  if (
    !onlyEcg ||
    !assessed ||
    !data.suggestion?.impression ||
    data.arriving ||
    data.reports.length ||
    doubted(data) ||
    abnormalities(data).length
  )
    return null;
  return {
    findings: data.suggestion.findings,
    impression: data.suggestion.impression,
    advice: data.suggestion.advice,
  };
}

/** True when nothing was written. */
export function isEmpty(text: Text): boolean {
  return !(text.findings.trim() || text.impression.trim() || text.advice.trim() || text.addendum.trim());
}

/** Adds `words` below what is there; a part that already contains them stays. */
export function appended(text: Text, words: Words): Text {
  const join = (old: string, more: string) =>
    !more.trim() || old.includes(more.trim()) ? old : [old.trimEnd(), more].filter(Boolean).join("\n");
  return {
    ...text,
    findings: join(text.findings, words.findings),
    impression: join(text.impression, words.impression),
    advice: join(text.advice, words.advice),
  };
}

/** `text` with the lines of one suggestion replaced by those of another, where they still stand word for word. */
export function refreshed(text: Text, before: Words | null, after: Words | null): Text {
  if (!before || !after) return text;
  const [old, new_] = [before.findings.split("\n"), after.findings.split("\n")];
  if (old.length !== new_.length) return text;
  const swap = (line: string) => {
    const at = old.indexOf(line);
    return at < 0 ? line : (new_[at] as string);
  };
  return { ...text, findings: text.findings.split("\n").map(swap).join("\n") };
}

/** When the displayed suggestion may be signed as it stands, and how words are put into the fields. */
import type { Case, Finding, Text, Words } from "../contract";

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
    .flatMap((one) => one.findings.filter((finding) => finding.positive && !isNormal(finding)));
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

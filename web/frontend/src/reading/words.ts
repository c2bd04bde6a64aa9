/** Names for the codes that a case carries. */
import { type Key, t } from "../i18n";

const STATES: Record<string, Key> = {
  arriving: "stateArriving",
  ready: "stateReady",
  drafted: "stateDrafted",
  written: "stateWritten",
  signed: "stateSigned",
  delivered: "stateDelivered",
  reopened: "stateReopened",
  quarantined: "stateQuarantined",
  rejected: "stateRejected",
};
const PRIORITIES: Record<string, Key> = {
  stat: "prioStat",
  critical: "prioStat",
  urgent: "prioUrgent",
  routine: "prioRoutine",
  normal: "prioRoutine",
};
const SEXES: Record<string, Key> = { M: "male", F: "female", O: "otherSex" };
const MEASUREMENTS: Record<string, Key> = {
  heart_rate: "mHeartRate",
  rr: "mRr",
  p_duration: "mP",
  pr: "mPr",
  qrs: "mQrs",
  qt: "mQt",
  qtc_bazett: "mQtcB",
  qtc_fridericia: "mQtcF",
  axis_p: "mAxisP",
  axis_qrs: "mAxisQrs",
  axis_t: "mAxisT",
};
const CHANGES: Record<string, Key> = {
  identity: "changedIdentity",
  instances: "changedInstances",
  "pre-read": "changedPreRead",
  draft: "changedDraft",
  page: "changedPage",
  signed: "changedSigned",
};

const named = (table: Record<string, Key>) => (code: string) => (table[code] ? t(table[code]) : code);

export const stateText = named(STATES);
export const priorityText = named(PRIORITIES);
export const sexText = named(SEXES);
export const measurementText = named(MEASUREMENTS);
/** Two decimals; none is shown as a certainty, for no model gives one. */
export function probabilityText(probability: number): string {
  if (probability >= 0.995) return ">0.99";
  return probability < 0.005 ? "<0.01" : probability.toFixed(2);
}
/** The server may name a difference by key or say it in a sentence. */
export const changeText = named(CHANGES);
/** The class that goes with a priority. */
export const priorityClass = (code: string) =>
  PRIORITIES[code] === "prioStat"
    ? "prio-stat"
    : PRIORITIES[code] === "prioUrgent"
      ? "prio-urgent"
      : "prio-routine";

/** An ECG's measured values: the machine's, and beside each what a doctor set instead. */
import { t } from "../../i18n";
import type { Case, EcgEdit, Measurement } from "../contract";

/** Every value of an ECG, in the order of the table, with its unit. */
const UNITS: Record<string, string> = {
  heart_rate: "bpm",
  rr: "ms",
  p_duration: "ms",
  pr: "ms",
  qrs: "ms",
  qt: "ms",
  qtc_bazett: "ms",
  qtc_fridericia: "ms",
  axis_p: "degrees",
  axis_qrs: "degrees",
  axis_t: "degrees",
};
/** Which a person may set; the others follow from them. */
export const SETTABLE = ["heart_rate", "p_duration", "pr", "qrs", "qt", "axis_p", "axis_qrs", "axis_t"];
/** Between which marks of the typical beat an interval lies. */
const BETWEEN: Record<string, readonly [string, string]> = {
  p_duration: ["p_onset", "p_offset"],
  pr: ["p_onset", "qrs_onset"],
  qrs: ["qrs_onset", "qrs_offset"],
  qt: ["qrs_onset", "t_end"],
};
export const MARKS = ["p_onset", "p_offset", "qrs_onset", "qrs_offset", "t_end"] as const;
export type Marks = Partial<Record<(typeof MARKS)[number], number>>;

export interface Measured {
  name: string;
  unit: string;
  /** What counts. */
  value: number | null;
  machine: number | null;
  edited: boolean;
  method: string;
  /** Why there is no value: the key, and the sentence for it. */
  why: string;
  reason: string;
}

/** The values of one recording; where no machine measured anything they are all null and can still be set. */
export function measuredOf(data: Pick<Case, "preReads" | "ecgEdits">, instance: string): Measured[] {
  const said = data.preReads.filter((one) => one.instance === instance).flatMap((one) => one.measurements);
  const edit = editOf(data, instance);
  return Object.entries(UNITS).map(([name, unit]) => {
    const machine = said.find((one) => one.name === name);
    const set = edit?.values[name];
    return { ...row(name, unit, machine), ...(set === undefined ? {} : { value: set, edited: true }) };
  });
}

export function editOf(data: Pick<Case, "ecgEdits">, instance: string): EcgEdit | null {
  return data.ecgEdits?.find((one) => one.instance === instance) ?? null;
}

/** What stays typed once the marks around it were moved by hand: the last word is the mark's. */
export function withoutMoved(typed: Record<string, number>, moved: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(typed).filter(([name]) => !BETWEEN[name]?.includes(moved as never)),
  );
}

/** Where `mark` may stand: between its neighbours, in ms. */
export function bounds(marks: Marks, mark: (typeof MARKS)[number], length: number): [number, number] {
  const at = MARKS.indexOf(mark);
  const before = MARKS.slice(0, at).flatMap((name) => marks[name] ?? []);
  const after = MARKS.slice(at + 1).flatMap((name) => marks[name] ?? []);
  return [before.at(-1) ?? 0, after[0] ?? length];
}

/** "412" or "6.5": one decimal only where it says something. */
export function figure(value: number): string {
  return Math.abs(value) < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
}

/** What stands in the place of a value. */
export function missingText(why: string): string {
  return t(isNotAssessed(why) ? "notAssessedValue" : "notMeasured");
}

/** True for a value that the rhythm does not have: nobody tried to measure it in vain. */
export function isNotAssessed(why: string): boolean {
  return why === "fibrillation-or-flutter";
}

export function unitText(unit: string): string {
  return unit === "degrees" || unit === "deg" ? "°" : unit;
}

function row(name: string, unit: string, said: Measurement | undefined): Measured {
  const value = said?.value ?? null;
  const { method = "", reason: why = "", reasonText } = said ?? {};
  return { name, unit, value, machine: value, edited: false, method, why, reason: reasonText || why };
}

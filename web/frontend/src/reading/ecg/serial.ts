/** What changed since the previous ECG of the same patient, value by value. */
import { h, icon } from "../../dom/element";
import { dicomDate } from "../../dom/time";
import { t } from "../../i18n";
import type { Case, Prior } from "../contract";
import { measurementText } from "../words";
import { figure, type Measured, unitText } from "./measured-values";

/** What is compared, and from which difference on it is set in bold; a display choice, no diagnosis. */
const COMPARED: readonly [name: string, telling: number][] = [
  ["heart_rate", 20],
  ["pr", 20],
  ["qrs", 20],
  ["qtc_bazett", 30],
  ["axis_qrs", 30],
];

export interface SerialChange {
  name: string;
  unit: string;
  before: number | null;
  now: number | null;
  /** Null where one of the two was not measured. */
  by: number | null;
  telling: boolean;
}

/** The compared values of two recordings; an axis differs the short way round. */
export function serialChanges(now: Measured[], before: Measured[]): SerialChange[] {
  return COMPARED.map(([name, telling]) => {
    const [a, b] = [now, before].map((all) => all.find((one) => one.name === name));
    const [new_, old] = [a?.value ?? null, b?.value ?? null];
    const by = new_ === null || old === null ? null : difference(name, new_, old);
    const lost = (new_ === null) !== (old === null);
    return {
      name,
      unit: a?.unit ?? "",
      before: old,
      now: new_,
      by,
      telling: lost || (by !== null && Math.abs(by) >= telling),
    };
  });
}

/** The newest ECG of the patient that is not younger than the study. */
export function previousEcg(data: Pick<Case, "priors" | "study">): Prior | null {
  return data.priors.find((one) => one.modality === "ECG" && one.date && one.date <= data.study.date) ?? null;
}

/** One line over the tracing: since when, and each value's difference. */
export function serialLine(prior: Prior, changes: SerialChange[] | null): HTMLElement {
  const head = h(
    "span",
    { class: "serial-head" },
    icon("ecg"),
    t("serialSince", { date: dicomDate(prior.date) }),
  );
  if (changes === null) return line(head, h("span", { class: "muted" }, t("serialReading")));
  if (changes.every((one) => one.by === null && !one.telling))
    return line(head, h("span", { class: "muted" }, t("serialNothing")));
  return line(head, ...changes.map(change));
}

function line(...children: HTMLElement[]): HTMLElement {
  return h("p", { class: "serial", role: "note", "aria-label": t("serial") }, ...children);
}

function change(one: SerialChange): HTMLElement {
  const told = (value: number | null) => (value === null ? t("notMeasured") : figure(value));
  return h(
    "span",
    {
      class: one.telling ? "serial-change serial-telling num" : "serial-change num",
      data: { serial: one.name },
    },
    h("span", { class: "muted" }, measurementText(one.name)),
    ` ${told(one.before)}→${told(one.now)}`,
    one.by !== null && h("span", {}, ` ${signed(one.by)}${one.unit === "degrees" ? unitText(one.unit) : ""}`),
  );
}

/** "▲ 12", "▼ 8", "=": the shape says it without the colour. */
function signed(by: number): string {
  const rounded = Math.round(by);
  if (rounded === 0) return "=";
  return `${rounded > 0 ? "▲" : "▼"}${Math.abs(rounded)}`;
}

function difference(name: string, now: number, before: number): number {
  const by = now - before;
  return name.startsWith("axis") ? ((((by + 180) % 360) + 360) % 360) - 180 : by;
}

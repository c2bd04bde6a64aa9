/** Instants come as UTC; people see local time, and waiting as minutes. */
import { language, t } from "../i18n";

const MINUTE_MS = 60_000;

/** Writes `2026-11-22T03:04:05Z` as local date and time, date, or time. */
export function localTime(iso: string, show: "datetime" | "date" | "time" = "datetime"): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${instant.getFullYear()}-${two(instant.getMonth() + 1)}-${two(instant.getDate())}`;
  const time = `${two(instant.getHours())}:${two(instant.getMinutes())}`;
  if (show === "date") return date;
  return show === "time" ? time : `${date} ${time}`;
}

/** The exact instant for the tooltip. */
export function exactTime(iso: string): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  return instant.toLocaleString(language, { dateStyle: "full", timeStyle: "long" });
}

/** Whole minutes between `iso` and `now`, never negative. */
export function minutesSince(iso: string, now: number): number {
  return Math.max(0, Math.floor((now - new Date(iso).getTime()) / MINUTE_MS));
}

/** Says minutes as people do: 12 分, 3 小时 05 分, 2 天 4 小时. */
export function waitingText(minutes: number): string {
  if (minutes < 60) return t("minutes", { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return t("hoursMinutes", { h: hours, m: String(minutes % 60).padStart(2, "0") });
  return t("daysHours", { d: Math.floor(hours / 24), h: hours % 24 });
}

/** Writes a DICOM date 20261122 as 2026-11-22; leaves anything else as it is. */
export function dicomDate(value: string): string {
  return /^\d{8}$/.test(value) ? `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6)}` : value;
}

/** Fills every `<time>` below `root` (see docs/screens.md). */
export function showTimes(root: ParentNode, now: number = Date.now()): void {
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
    const iso = element.dateTime;
    if ("waiting" in element.dataset) {
      setText(element, waitingText(minutesSince(iso, now)));
      const deadline = element.dataset["deadline"];
      element.classList.toggle("waiting-long", Boolean(deadline) && now > new Date(deadline ?? "").getTime());
    } else {
      setText(element, localTime(iso, element.dataset["show"] as "date" | undefined));
    }
    if (!element.title) element.title = exactTime(iso);
  }
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** What stands beside a mark: a value with its unit, and how far it can be believed. */
import { t } from "../../i18n";
import { unitOf } from "./image-store";

interface Stats {
  length?: number;
  unit?: string;
  angle?: number;
}

interface MarkData {
  cachedStats: Record<string, Stats | undefined>;
}

/** The text of a length: mm, "mm 投影", cm of an ultrasound region, or pixels. */
export function lengthLines(data: MarkData, targetId: string): string[] | undefined {
  const stats = data.cachedStats[targetId];
  if (stats?.length === undefined || !Number.isFinite(stats.length)) return undefined;
  return [lengthText(stats.length, stats.unit ?? "px", unitOf(imageIdOf(targetId)))];
}

/** The text of an angle in degrees. */
export function angleLines(data: MarkData, targetId: string): string[] | undefined {
  const angle = data.cachedStats[targetId]?.angle;
  return angle === undefined || !Number.isFinite(angle) ? undefined : [`${angle.toFixed(1)}°`];
}

/** Puts a length and its unit into words; `toolUnit` is Cornerstone's, `header` is what the header supports. */
export function lengthText(length: number, toolUnit: string, header: string): string {
  if (toolUnit.includes("US Region")) return `${length.toFixed(2)} ${toolUnit.split(" ")[0]}`;
  if (header === "mm") return `${length.toFixed(1)} mm`;
  if (header === "mmProjected") return `${length.toFixed(1)} ${t("mmProjected")}`;
  return `${length.toFixed(0)} ${t("pixels")}`;
}

function imageIdOf(targetId: string): string {
  return targetId.replace(/^imageId:/, "");
}

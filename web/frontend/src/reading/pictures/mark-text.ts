/** What stands beside a mark: a value with its unit, and how far it can be believed. */
import { t } from "../../i18n";
import { type DicomJson, text } from "./header";
import { headerOf, unitOf } from "./image-store";

interface Stats {
  length?: number;
  unit?: string;
  angle?: number;
  area?: number;
  areaUnit?: string;
  mean?: number;
  stdDev?: number;
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

/** Area, mean and standard deviation of a region; a rectangle's tool hands over every target it has. */
export function roiLines(data: MarkData, targets: string | string[]): string[] | undefined {
  const targetId = Array.isArray(targets) ? targets[0] : targets;
  const stats = targetId === undefined ? undefined : data.cachedStats[targetId];
  if (targetId === undefined || stats?.area === undefined || !Number.isFinite(stats.area)) return undefined;
  const imageId = imageIdOf(targetId);
  const unit = valueUnit(headerOf(imageId));
  const lines = [`${t("area")} ${areaText(stats.area, stats.areaUnit ?? "px", unitOf(imageId))}`];
  if (Number.isFinite(stats.mean)) lines.push(`${t("mean")} ${valueText(stats.mean as number, unit)}`);
  if (Number.isFinite(stats.stdDev))
    lines.push(`${t("deviation")} ${valueText(stats.stdDev as number, unit)}`);
  return lines;
}

/** Puts a length and its unit into words; `toolUnit` is Cornerstone's, `header` is what the header supports. */
export function lengthText(length: number, toolUnit: string, header: string): string {
  if (toolUnit.includes("US Region")) return `${length.toFixed(2)} ${toolUnit.split(" ")[0]}`;
  if (header === "mm") return `${length.toFixed(1)} mm`;
  if (header === "mmProjected") return `${length.toFixed(1)} ${t("mmProjected")}`;
  return `${length.toFixed(0)} ${t("pixels")}`;
}

/** Puts an area into words, as `lengthText` does a length. */
export function areaText(area: number, toolUnit: string, header: string): string {
  if (toolUnit.includes("US Region")) return `${area.toFixed(2)} ${toolUnit.split(" ")[0]}`;
  if (header === "mm") return `${area.toFixed(1)} mm²`;
  if (header === "mmProjected") return `${area.toFixed(1)} mm² ${t("projected")}`;
  return `${area.toFixed(0)} ${t("pixels")}²`;
}

/** The unit of the pixels' values: Hounsfield units of a CT, what RescaleType names, or none. */
export function valueUnit(json: DicomJson | undefined): string {
  const named = json ? text(json, "00281054") : "";
  if (json && text(json, "00080060") === "CT" && (named === "" || named === "HU")) return "HU";
  return named === "US" ? "" : named; // PS3.3 C.11.1.1.2: US is "unspecified"
}

function valueText(value: number, unit: string): string {
  return `${value.toFixed(1)} ${unit}`.trim();
}

function imageIdOf(targetId: string): string {
  return targetId.replace(/^imageId:/, "");
}

/** A ruler at the foot of the viewport, as long as a round number of millimetres. */
import { t } from "../../i18n";
import { canvasPerMm, type Plane, type Point2, type Point3 } from "./coordinates";
import type { LengthUnit } from "./header";

const SVG = "http://www.w3.org/2000/svg";
const ROUND_MM = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const LONGEST_PX = 200;

/** The longest round length (mm) that fits into `room` pixels at `perMm` pixels a millimetre. */
export function rulerLength(perMm: number, room = LONGEST_PX): number | null {
  return ROUND_MM.filter((mm) => mm * perMm <= room).at(-1) ?? null;
}

/** Adds the ruler to `svg`; nothing where the header gives no millimetres. */
export function drawRuler(
  svg: SVGSVGElement,
  spacing: { mm: Point2 | null; unit: LengthUnit },
  plane: Plane,
  toCanvas: (world: Point3) => Point2,
  height: number,
): void {
  if (!spacing.mm) return;
  const perMm = canvasPerMm(plane, toCanvas);
  const mm = rulerLength(perMm);
  if (mm === null) return;
  const width = svg.clientWidth;
  const from = (width - mm * perMm) / 2;
  const y = height - 12;
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", `M${from} ${y - 6}v6h${mm * perMm}v-6M${from + (mm * perMm) / 2} ${y - 4}v4`);
  path.setAttribute("class", "ruler");
  const label = document.createElementNS(SVG, "text");
  label.setAttribute("x", String(from + mm * perMm + 6));
  label.setAttribute("y", String(y));
  label.setAttribute("class", "ruler-text");
  const unit = mm >= 10 ? `${mm / 10} cm` : `${mm} mm`;
  label.textContent = spacing.unit === "mmProjected" ? `${unit} ${t("projected")}` : unit;
  svg.append(path, label);
}

/** Draws the boxes of the pre-reads over the picture; nothing is ever written into the pixels. */
import { language, t } from "../../i18n";
import type { Finding, PreRead } from "../contract";
import { probabilityText } from "../words";
import { boxOnCanvas, type Plane, type Point2, type Point3, topLeft } from "./coordinates";

const SVG = "http://www.w3.org/2000/svg";
const LABEL_HEIGHT = 20;

export interface Drawn {
  finding: Finding;
  preRead: PreRead;
}

/** The findings to be drawn for one instance: above threshold only, most probable first. */
export function drawnFindings(preReads: readonly PreRead[], instance: string): Drawn[] {
  return preReads
    .filter((preRead) => preRead.instance === instance && preRead.assessed && !preRead.late)
    .flatMap((preRead) =>
      preRead.findings.filter((finding) => finding.positive).map((finding) => ({ finding, preRead })),
    )
    .sort((a, b) => b.finding.probability - a.finding.probability);
}

/** The boxes that reach the finding's threshold, or the most probable one where none does by itself. */
export function shownBoxes({ boxes, threshold }: Finding): Finding["boxes"] {
  const sorted = [...boxes].sort((a, b) => b.probability - a.probability);
  const reached = sorted.filter((box) => box.probability >= threshold);
  return reached.length > 0 ? reached : sorted.slice(0, 1);
}

/** "AI 提示 肺炎 0.87 · chest-pneumonia 1.0" */
export function aiLabel({ finding, preRead }: Drawn, probability = finding.probability): string {
  const name =
    language === "en" ? finding.label_en || finding.label_zh : finding.label_zh || finding.label_en;
  return `${t("aiHint")} ${name} ${probabilityText(probability)} · ${preRead.model} ${preRead.version}`;
}

/** Redraws `svg` for what the viewport shows now. */
export function drawAi(
  svg: SVGSVGElement,
  drawn: readonly Drawn[],
  plane: Plane,
  toCanvas: (world: Point3) => Point2,
): void {
  const parts: SVGElement[] = [];
  let loose = 0;
  for (const one of drawn) {
    const boxes = shownBoxes(one.finding);
    boxes.forEach((box, at) =>
      parts.push(
        ...boxParts(
          boxOnCanvas(plane, box.xyxy, toCanvas),
          at === 0 ? aiLabel(one, box.probability) : `${t("aiHint")} ${probabilityText(box.probability)}`,
        ),
      ),
    );
    if (boxes.length === 0) parts.push(...labelParts(aiLabel(one), [8, 52 + loose++ * (LABEL_HEIGHT + 4)]));
  }
  svg.replaceChildren(...parts);
  fitPlates(svg);
}

/** Makes each plate as wide as the text on it, which is known only once it is drawn. */
function fitPlates(svg: SVGSVGElement): void {
  for (const text of svg.querySelectorAll<SVGTextElement>(".ai-text")) {
    const width = text.getComputedTextLength?.() ?? 0;
    if (width > 0) text.previousElementSibling?.setAttribute("width", String(width + 12));
  }
}

function boxParts(corners: Point2[], label: string): SVGElement[] {
  const polygon = element("polygon", {
    points: corners.map((point) => point.join(",")).join(" "),
    class: "ai-box",
  });
  const [x, y] = topLeft(corners);
  return [polygon, ...labelParts(label, [x, Math.max(0, y - LABEL_HEIGHT - 2)])];
}

function labelParts(label: string, [x, y]: Point2): SVGElement[] {
  const text = element("text", { x: x + 6, y: y + 14, class: "ai-text" });
  text.textContent = label;
  return [element("rect", { x, y, width: label.length * 8, height: LABEL_HEIGHT, class: "ai-plate" }), text];
}

function element(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

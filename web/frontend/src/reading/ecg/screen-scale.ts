/** How large a millimetre is on this screen: measured once with a bank card, kept on this machine. */
import { ask } from "../../dom/dialog";
import { h } from "../../dom/element";
import { t } from "../../i18n";

const STORED = "readhub.pixelsPerMm";
/** ISO/IEC 7810 ID-1: every bank and identity card. */
const CARD_MM = { width: 85.6, height: 53.98 };
/** CSS counts 96 pixels to the inch, whatever the screen is. */
const CSS_PX_PER_MM = 96 / 25.4;
const [LEAST, MOST] = [CSS_PX_PER_MM * 0.5, CSS_PX_PER_MM * 2];

/** CSS pixels to the millimetre as measured here, or null where nobody has. */
export function measuredScale(store: Storage = localStorage): number | null {
  const value = Number(store.getItem(STORED));
  return value >= LEAST && value <= MOST ? value : null;
}

/** Asks to lay a card on the screen and keeps what fits it; true when something was kept. */
export async function askScale(store: Storage = localStorage): Promise<boolean> {
  const card = h("div", { class: "card-shape", "aria-hidden": "true" }, t("cardHere"));
  const slider = h("input", {
    type: "range",
    min: LEAST,
    max: MOST,
    step: 0.005,
    value: measuredScale(store) ?? CSS_PX_PER_MM,
    "aria-label": t("cardSize"),
  });
  const fit = () => {
    card.style.width = `${CARD_MM.width * Number(slider.value)}px`;
    card.style.height = `${CARD_MM.height * Number(slider.value)}px`;
  };
  slider.addEventListener("input", fit);
  fit();
  const answer = await ask({
    title: t("cardTitle"),
    wide: true,
    body: [h("p", {}, t("cardHelp")), slider, card],
    choices: [
      { key: "forget", label: t("cardForget") },
      { key: "", label: t("cancel") },
      { key: "keep", label: t("confirm"), tone: "main" },
    ],
    ready: () => slider.focus(),
  });
  if (answer === "keep") store.setItem(STORED, String(Number(slider.value)));
  else if (answer === "forget") store.removeItem(STORED);
  return answer !== "";
}

/** Gives a drawing its true size on this screen; without a measurement CSS millimetres have to do. */
export function trueSize(svg: SVGSVGElement, scale: number | null = measuredScale()): void {
  const { width, height } = svg.viewBox.baseVal;
  svg.setAttribute("width", scale ? `${width * scale}` : `${width}mm`);
  svg.setAttribute("height", scale ? `${height * scale}` : `${height}mm`);
}

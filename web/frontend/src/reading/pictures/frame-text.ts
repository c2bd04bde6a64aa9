/** What stands in the corners and at the edges of a viewport. */
import { h, fill, icon } from "../../dom/element";
import { dicomDate } from "../../dom/time";
import { t } from "../../i18n";
import type { Case } from "../contract";
import { sexText } from "../words";
import type { Letters } from "./orientation";
import { type Window, windowText } from "./window";

export interface FrameFacts {
  series: string;
  index: number;
  count: number;
  frames: boolean;
  window: Window | null;
  zoom: number;
  lossy: boolean;
  preview: boolean;
  key: boolean;
  /** Why other systems chose this frame, and the names of their states drawn on it. */
  chosen: string[];
  drawnBy: string[];
  /** Instances of the series that are damaged and not shown. */
  missing: number;
  arriving: boolean;
  letters: Letters;
}

/** Whose picture it is: name, number, sex and age. */
export function whoseLines({ patient }: Case): (HTMLElement | null)[] {
  return [
    line(patient.name + (patient.guessed ? " ?" : "")),
    line(`${patient.patientID}  ${[sexText(patient.sex), patient.age].filter(Boolean).join(" ")}`),
  ];
}

/** Where and when it was taken. */
export function whenceLines({ study }: Case): (HTMLElement | null)[] {
  return [line(study.siteLabel || study.site), line(dicomDate(study.date))];
}

export class FrameText {
  readonly element = h("div", { class: "frame-text", "aria-hidden": "true" });
  private readonly parts = Object.fromEntries(
    ["tl", "tr", "bl", "br", "left", "right", "top", "bottom"].map((name) => [
      name,
      h("div", { class: `ft ft-${name}` }),
    ]),
  ) as unknown as Record<"tl" | "tr" | "bl" | "br" | keyof Letters, HTMLElement>;

  constructor(data: Case, prior: boolean) {
    this.element.append(...Object.values(this.parts));
    fill(this.parts.tl, ...whoseLines(data));
    fill(this.parts.tr, prior && h("div", { class: "ft-prior" }, t("prior")), ...whenceLines(data));
  }

  show(facts: FrameFacts): void {
    const { letters } = facts;
    fill(
      this.parts.bl,
      facts.missing > 0 && h("div", { class: "ft-warn" }, t("damagedHere", { n: facts.missing })),
      facts.arriving && h("div", { class: "ft-warn" }, t("stillArriving")),
      line(facts.series),
      line(
        facts.count > 1
          ? t(facts.frames ? "frameOf" : "imageOf", { n: facts.index + 1, m: facts.count })
          : "",
      ),
    );
    fill(
      this.parts.br,
      facts.key && h("div", { class: "ft-key" }, icon("bookmark"), t("keyImageHere")),
      ...facts.chosen.map((one) =>
        h("div", { class: "ft-key" }, icon("bookmark"), `${t("broughtKeys")} ${one}`),
      ),
      ...facts.drawnBy.map((one) => h("div", { class: "ft-brought" }, `${t("broughtState")} ${one}`)),
      line(facts.window ? windowText(facts.window) : ""),
      line(`${Math.round(facts.zoom * 100)}%`),
      facts.lossy && h("div", { class: "ft-warn" }, t("lossy")),
      facts.preview && h("div", { class: "ft-warn" }, t("previewOnly")),
    );
    for (const edge of ["left", "right", "top", "bottom"] as const)
      this.parts[edge].textContent = letters[edge];
  }
}

function line(text: string): HTMLElement | null {
  return text.trim() ? h("div", {}, text) : null;
}

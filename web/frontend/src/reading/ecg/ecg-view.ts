/** The ECG on its paper, in true millimetres, with its layout, speed and gain. */
import { fill, h, icon } from "../../dom/element";
import { type Key, t } from "../../i18n";
import type { Api } from "../api";
import type { Instance } from "../contract";
import type { Act } from "../keys";
import { Calipers } from "./calipers";

const LAYOUTS = ["3x4", "6x2", "12x1"] as const;
const SPEEDS = [12.5, 25, 50] as const;
const GAINS = [5, 10, 20] as const;
const LAYOUT_TEXT: Record<string, Key> = { "3x4": "layout3x4", "6x2": "layout6x2", "12x1": "layout12x1" };

export interface EcgLook {
  layout: string;
  speed: number;
  gain: number;
}

export interface EcgHost {
  expired(): void;
}

export class EcgView {
  readonly element = h("section", { class: "ecg", "aria-label": t("ecg") });
  private readonly paper = h("div", { class: "ecg-paper", tabindex: "0" });
  private readonly look: EcgLook = { layout: "3x4", speed: 25, gain: 10 };
  private readonly calipers = new Calipers();
  private readonly stop = new AbortController();
  private asked = 0;
  private fit = false;

  constructor(
    private readonly api: Api,
    private readonly instance: Instance,
    private readonly host: EcgHost,
    caption = "",
  ) {
    fill(
      this.element,
      h(
        "div",
        { class: "tools" },
        caption && h("span", { class: "ecg-caption" }, caption),
        ...this.controls(),
      ),
      this.paper,
    );
    void this.draw();
  }

  /** Does what a key says; false when the act is none of the ECG's. */
  act(act: Act): boolean {
    if (act === "deleteMark") this.calipers.removeLast();
    else if (act === "reset" || act === "cancel") this.calipers.clear();
    else if (act !== "length") return false;
    return true;
  }

  dispose(): void {
    this.stop.abort();
    this.element.remove();
  }

  private controls(): HTMLElement[] {
    return [
      this.choice(
        "layout",
        t("ecgLayout"),
        LAYOUTS.map((one) => ({ value: one, label: t(LAYOUT_TEXT[one] as Key) })),
      ),
      this.choice(
        "speed",
        t("ecgSpeed"),
        SPEEDS.map((one) => ({ value: String(one), label: `${one} mm/s` })),
      ),
      this.choice(
        "gain",
        t("ecgGain"),
        GAINS.map((one) => ({ value: String(one), label: `${one} mm/mV` })),
      ),
      h(
        "span",
        { class: "tools-group" },
        this.fitButton(),
        h("span", { class: "muted small ecg-hint" }, icon("caliper"), t("caliperHint")),
      ),
    ];
  }

  private choice(
    name: keyof EcgLook,
    title: string,
    options: { value: string; label: string }[],
  ): HTMLElement {
    const group = h("span", { class: "tools-group segments", role: "group", "aria-label": title });
    for (const option of options) {
      const pressed = String(this.look[name]) === option.value;
      group.append(
        h(
          "button",
          {
            type: "button",
            class: "segment num",
            title,
            "aria-pressed": String(pressed),
            data: { value: option.value },
            on: { click: () => this.choose(group, name, option.value) },
          },
          option.label,
        ),
      );
    }
    return group;
  }

  private choose(group: HTMLElement, name: keyof EcgLook, value: string): void {
    if (name === "layout") this.look.layout = value;
    else this.look[name] = Number(value);
    for (const button of group.querySelectorAll<HTMLElement>("button"))
      button.setAttribute("aria-pressed", String(button.dataset["value"] === value));
    (document.activeElement as HTMLElement | null)?.blur();
    void this.draw();
  }

  private fitButton(): HTMLElement {
    const button = h(
      "button",
      { type: "button", class: "segment", title: t("ecgFitHelp"), "aria-pressed": "false" },
      t("ecgFit"),
    );
    button.addEventListener("click", () => {
      this.fit = !this.fit;
      button.setAttribute("aria-pressed", String(this.fit));
      button.blur();
      this.paper.classList.toggle("ecg-fit", this.fit);
    });
    return button;
  }

  private async draw(): Promise<void> {
    const asked = ++this.asked;
    this.paper.setAttribute("aria-busy", "true");
    const response = await fetch(this.api.ecgUrl(this.instance.sopInstanceUID, this.look), {
      signal: this.stop.signal,
    }).catch(() => null);
    if (asked !== this.asked || this.stop.signal.aborted) return;
    this.paper.removeAttribute("aria-busy");
    if (response?.status === 401 || response?.redirected) return this.host.expired();
    if (!response?.ok) return this.fail(response ? await sentence(response) : t("lineDown"));
    const svg = parsed(await response.text());
    if (!svg) return this.fail(t("ecgFailed"));
    this.paper.replaceChildren(svg);
    this.calipers.attach({ svg, speed: this.look.speed, gain: this.look.gain });
  }

  private fail(text: string): void {
    fill(this.paper, h("div", { class: "empty" }, icon("ecg"), h("p", {}, text || t("ecgFailed"))));
  }
}

/** The drawing, or null when it is none; anything that could run is dropped. */
function parsed(source: string): SVGSVGElement | null {
  const root = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  if (!(root instanceof SVGSVGElement)) return null;
  for (const element of root.querySelectorAll("script, foreignObject, style, a, use, image"))
    element.remove();
  return document.importNode(root, true);
}

async function sentence(response: Response): Promise<string> {
  const body = (await response.json().catch(() => ({}))) as { message?: string };
  return body.message ?? "";
}

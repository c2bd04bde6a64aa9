/** The ECG on its paper, in true millimetres, with its layout, speed and gain. */
import { fill, h, icon } from "../../dom/element";
import { type Key, t } from "../../i18n";
import type { Api } from "../api";
import type { Instance } from "../contract";
import type { Act } from "../keys";
import { BeatPanel } from "./beat-panel";
import { Calipers } from "./calipers";
import { drawing, Expired } from "./drawing";
import type { Editing } from "./editing";
import { askScale, measuredScale, trueSize } from "./screen-scale";
import { StatementSearch } from "./statement-search";

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
  /** Puts a statement into the report. */
  state?(words: string): void;
  /** Opens the measured values for typing. */
  editValues?(): void;
  /** What this reader sets; absent where nothing of the machine's is shown. */
  editing?: Editing | null;
}

export class EcgView {
  readonly element = h("section", { class: "ecg", "aria-label": t("ecg") });
  private readonly paper = h("div", { class: "ecg-paper", tabindex: "0" });
  private readonly look: EcgLook = { layout: "3x4", speed: 25, gain: 10 };
  private readonly calipers = new Calipers();
  private readonly stop = new AbortController();
  private readonly search: StatementSearch | null;
  private readonly noted = h("div", { class: "ecg-noted" });
  private readonly beat: BeatPanel | null;
  private readonly isPrior: boolean;
  private asked = 0;
  private fit = false;

  constructor(
    private readonly api: Api,
    private readonly instance: Instance,
    private readonly host: EcgHost,
    caption = "",
  ) {
    this.isPrior = caption !== "";
    this.search = !caption && host.state ? new StatementSearch((words) => host.state?.(words)) : null;
    const { editing } = host;
    this.beat = !caption && editing ? new BeatPanel(api, instance.sopInstanceUID, editing) : null;
    fill(
      this.element,
      h(
        "div",
        { class: "tools" },
        caption && h("span", { class: "ecg-caption" }, caption),
        this.search?.element,
        ...this.controls(),
        this.original(),
      ),
      this.noted,
      this.paper,
    );
    void this.draw();
  }

  /** Does what a key says; false when the act is none of the ECG's. */
  act(act: Act): boolean {
    if (act === "magnify") this.calipers.march();
    else if (act === "cobb") this.toggleBeat();
    else if (act === "rectangle") this.host.editValues?.();
    else if (act === "ellipse") this.search?.focus();
    else if (act === "deleteMark") this.calipers.removeLast();
    else if (act === "reset" || act === "cancel") this.calipers.clear();
    else if (act !== "length") return false;
    return true;
  }

  /** A line over the tracing: what changed since the previous one. */
  note(line: HTMLElement): void {
    this.noted.replaceChildren(line);
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
        this.beatButton(),
        this.fitButton(),
        this.isPrior ? null : this.scaleButton(),
        h("span", { class: "muted small ecg-hint" }, icon("caliper"), t("caliperHint")),
      ),
    ];
  }

  private original(): HTMLElement | null {
    if (!this.instance.original) return null;
    const href = this.api.originalUrl(this.instance.sopInstanceUID);
    return h("a", { class: "segment ecg-original", href, download: "" }, icon("download"), t("originalFile"));
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

  private beatButton(): HTMLElement | null {
    if (!this.beat) return null;
    const button = h(
      "button",
      {
        type: "button",
        class: "segment ecg-beat",
        title: `${t("medianBeatKey")} (B)`,
        "aria-pressed": "false",
        on: { click: () => this.toggleBeat() },
      },
      t("medianBeat"),
    );
    return button;
  }

  /** The typical beat stands below the paper and is scrolled to; the same key goes back up. */
  private toggleBeat(): void {
    if (!this.beat) return;
    const open = !this.beat.element.isConnected;
    if (open) this.element.append(this.beat.element);
    else this.beat.element.remove();
    this.element.querySelector(".ecg-beat")?.setAttribute("aria-pressed", String(open));
    if (open) void this.drawBeat().then(() => this.beat?.element.scrollIntoView({ block: "end" }));
    else this.element.scrollIntoView({ block: "start" });
  }

  private async drawBeat(): Promise<void> {
    await this.beat?.draw(this.look.gain).catch((fault: unknown) => {
      if (fault instanceof Expired) this.host.expired();
    });
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

  /** The card step; its words say whether the millimetres on this screen were measured. */
  private scaleButton(): HTMLElement {
    const button = h("button", { type: "button", class: "segment ecg-scale" });
    const tell = () => {
      const measured = measuredScale() !== null;
      button.title = t(measured ? "screenMeasured" : "screenNotMeasured");
      fill(button, icon("card"), t(measured ? "screenTrue" : "screenUntrue"));
    };
    button.addEventListener("click", () => {
      button.blur();
      void askScale().then((changed) => {
        if (!changed) return;
        tell();
        for (const svg of document.querySelectorAll<SVGSVGElement>(".ecg-paper svg, .beat svg"))
          trueSize(svg);
      });
    });
    tell();
    return button;
  }

  private async draw(): Promise<void> {
    const asked = ++this.asked;
    this.paper.setAttribute("aria-busy", "true");
    const url = this.api.ecgUrl(this.instance.sopInstanceUID, this.look);
    const svg = await drawing(url, this.stop.signal).catch((fault: unknown) => fault);
    if (asked !== this.asked || this.stop.signal.aborted) return;
    this.paper.removeAttribute("aria-busy");
    if (svg instanceof Expired) return this.host.expired();
    if (!(svg instanceof SVGSVGElement)) return this.fail(String(svg));
    trueSize(svg);
    this.paper.replaceChildren(svg);
    this.calipers.attach({ svg, speed: this.look.speed, gain: this.look.gain });
    if (this.beat?.element.isConnected) void this.drawBeat();
  }

  private fail(text: string): void {
    fill(this.paper, h("div", { class: "empty" }, icon("ecg"), h("p", {}, text || t("ecgFailed"))));
  }
}

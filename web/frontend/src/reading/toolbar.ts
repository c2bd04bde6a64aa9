/** The buttons over the pictures; each says its key and, when it is off, why. */
import { fill, h, icon } from "../dom/element";
import { type Key, t } from "../i18n";
import type { Act } from "./keys";
import { presetsFor } from "./pictures/presets";
import { headerWindows } from "./pictures/header";
import type { Stage } from "./pictures/stage";
import type { Window } from "./pictures/window";

interface Button {
  act: Act;
  icon: string;
  text: Key;
  key: string;
}

const TOOLS: readonly Button[] = [
  { act: "window", icon: "window", text: "toolWindow", key: "W" },
  { act: "pan", icon: "pan", text: "toolPan", key: "P" },
  { act: "zoom", icon: "zoom", text: "toolZoom", key: "Z" },
  { act: "length", icon: "length", text: "toolLength", key: "D" },
  { act: "angle", icon: "angle", text: "toolAngle", key: "A" },
  { act: "cobb", icon: "cobb", text: "toolCobb", key: "B" },
  { act: "ellipse", icon: "ellipse", text: "toolEllipse", key: "F" },
  { act: "rectangle", icon: "rectangle", text: "toolRectangle", key: "G" },
  { act: "arrow", icon: "arrow", text: "toolArrow", key: "Y" },
  { act: "magnify", icon: "magnify", text: "toolMagnify", key: "M" },
];
const CHANGES: readonly Button[] = [
  { act: "invert", icon: "invert", text: "toolInvert", key: "I" },
  { act: "flipHorizontal", icon: "flip-h", text: "toolFlipH", key: "H" },
  { act: "flipVertical", icon: "flip-v", text: "toolFlipV", key: "V" },
  { act: "rotateLeft", icon: "rotate-l", text: "toolRotateL", key: "L" },
  { act: "rotateRight", icon: "rotate-r", text: "toolRotateR", key: "R" },
  { act: "reset", icon: "reset", text: "toolReset", key: "Space" },
];

export class Toolbar {
  readonly element = h("div", { class: "tools", role: "toolbar", "aria-label": t("tools") });
  private readonly presets = h("select", {
    class: "tools-presets",
    title: t("presets"),
    "aria-label": t("presets"),
  });
  private readonly buttons = new Map<string, HTMLButtonElement>();
  private windows: Window[] = [];
  private offeredFor = "";

  constructor(private readonly stage: Stage) {
    const group = (buttons: readonly Button[]) =>
      h("span", { class: "tools-group" }, ...buttons.map((one) => this.button(one)));
    fill(
      this.element,
      group(TOOLS),
      group(CHANGES),
      h(
        "span",
        { class: "tools-group" },
        this.button({ act: "cine", icon: "play", text: "toolCine", key: "C" }),
        this.splitButton(),
        this.button({ act: "mpr", icon: "mpr", text: "mpr", key: "." }),
        this.button({ act: "link", icon: "link", text: "toolLink", key: ";" }),
        this.button({ act: "keyImage", icon: "bookmark", text: "toolKeyImage", key: "K" }),
      ),
      h("span", { class: "tools-group" }, this.presets),
      h(
        "span",
        { class: "tools-group tools-end" },
        this.button({ act: "overlay", icon: "ai", text: "toolOverlay", key: "O" }),
      ),
    );
    this.presets.addEventListener("change", () => {
      const window = this.windows[Number(this.presets.value)];
      if (window) this.stage.setWindow(window);
      this.presets.blur();
    });
    // A button that keeps the focus would swallow the space bar.
    this.element.addEventListener("click", (event) =>
      (event.target as HTMLElement).closest<HTMLElement>("button")?.blur(),
    );
  }

  /** Shows what the stage is at. */
  update(): void {
    const { stage } = this;
    const view = stage.view;
    for (const tool of TOOLS) this.press(tool.act, stage.tool === tool.act);
    this.press("overlay", stage.overlay);
    this.press("split", stage.columns > 1);
    this.press("link", stage.link.on);
    this.press("mpr", stage.cutting);
    const mpr = this.buttons.get("mpr");
    const why = stage.whyNoMpr;
    mpr?.toggleAttribute("hidden", !["CT", "MR", "PT"].includes(view?.series?.modality ?? ""));
    mpr?.setAttribute("aria-disabled", String(why !== ""));
    mpr?.setAttribute("title", why ? t(why) : `${t("mprKey")} (.)`);
    this.buttons.get("link")?.toggleAttribute("hidden", !stage.comparing);
    const many = (view?.slices.length ?? 0) > 1;
    const cine = this.buttons.get("cine");
    cine?.setAttribute("aria-disabled", String(!many));
    cine?.setAttribute("title", many ? `${t("toolCine")} (C)` : t("cineSingle"));
    cine?.querySelector(".icon")?.setAttribute("class", `icon i-${view?.playing ? "pause" : "play"}`);
    this.offer();
  }

  private offer(): void {
    const view = this.stage.view;
    const slice = view?.slice;
    const key = slice ? `${view?.id}/${slice.imageId}` : "";
    if (key === this.offeredFor) return;
    this.offeredFor = key;
    const own = slice
      ? headerWindows(slice.json).map((one, at) => ({
          window: one.window,
          label: one.name || t("headerWindow", { n: at + 1 }),
          key: "",
        }))
      : [];
    const usual = presetsFor(view?.series?.modality ?? "").map((one) => ({
      window: one.window,
      label: t(one.name),
      key: one.key,
    }));
    const all = [...own, ...usual];
    this.windows = all.map((one) => one.window);
    this.presets.hidden = all.length < 1;
    fill(
      this.presets,
      h("option", { value: "" }, t("presets")),
      ...all.map((one, at) =>
        h(
          "option",
          { value: String(at) },
          `${one.label}  ${one.window.width}/${one.window.center}${one.key ? `  (${one.key})` : ""}`,
        ),
      ),
    );
  }

  private press(name: string, on: boolean): void {
    this.buttons.get(name)?.setAttribute("aria-pressed", String(on));
  }

  private button(one: Button): HTMLButtonElement {
    const button = h(
      "button",
      {
        type: "button",
        class: "tool",
        title: `${t(one.text)} (${one.key})`,
        "aria-label": t(one.text),
        on: { click: () => this.stage.act(one.act) },
      },
      icon(one.icon),
    );
    this.buttons.set(one.act, button);
    return button;
  }

  private splitButton(): HTMLButtonElement {
    const button = h(
      "button",
      {
        type: "button",
        class: "tool",
        title: t("toolSplit"),
        "aria-label": t("toolSplit"),
        on: { click: () => this.stage.split() },
      },
      icon("columns"),
    );
    this.buttons.set("split", button);
    return button;
  }
}

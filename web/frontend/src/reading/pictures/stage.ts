/** The viewports of a case with pictures: which series stands where, and what the keys do to them. */
import * as core from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";
import { h } from "../../dom/element";
import { t } from "../../i18n";
import { toast } from "../../dom/toast";
import { Pixels } from "../api";
import type { Case, Series } from "../contract";
import type { Act } from "../keys";
import { drawsOnCpu, engine, TOOL_GROUP } from "./engine";
import { firstPaint } from "./first-paint";
import { hang, pictureSeries } from "./hanging";
import { flip, invert, rotate } from "./moves";
import { PictureView } from "./picture-view";
import type { Window } from "./window";

export type PrimaryTool = "window" | "pan" | "zoom" | "length" | "angle";

const TOOL_NAMES: Record<PrimaryTool, string> = {
  window: tools.WindowLevelTool.toolName,
  pan: tools.PanTool.toolName,
  zoom: tools.ZoomTool.toolName,
  length: tools.LengthTool.toolName,
  angle: tools.AngleTool.toolName,
};

export interface StageHost {
  /** Something that the toolbar or the rail shows has changed. */
  changed(): void;
  expired(): void;
}

/** Opens the case's pictures in `place`, over the first paints that already stand there. */
export async function openStage(
  place: HTMLElement,
  data: Case,
  painted: HTMLImageElement[],
  host: StageHost,
): Promise<Stage> {
  const stage = new Stage(await engine(), place, data, painted, host);
  stage.start();
  return stage;
}

export class Stage {
  tool: PrimaryTool = "window";
  overlay = true;
  private readonly grid = h("div", { class: "vp-grid" });
  private views: PictureView[] = [];
  private active: PictureView | null = null;
  private made = 0;
  private readonly watcher: ResizeObserver;

  constructor(
    private readonly rendering: core.RenderingEngine,
    place: HTMLElement,
    private readonly data: Case,
    private readonly painted: HTMLImageElement[],
    private readonly host: StageHost,
  ) {
    place.replaceChildren(this.grid);
    this.watcher = new ResizeObserver(() => {
      rendering.resize(true, true);
      for (const view of this.views) view.resized();
    });
    this.watcher.observe(place);
  }

  start(): void {
    for (const { series, index } of hang(this.data.series))
      void this.add(this.data, false).open(series, index);
    this.use("window");
  }

  get view(): PictureView | null {
    return this.active;
  }

  get cpu(): boolean {
    return drawsOnCpu();
  }

  get columns(): number {
    return this.views.length;
  }

  /** The series in the active viewport. */
  get shownSeries(): string {
    return this.active?.series?.seriesInstanceUID ?? "";
  }

  /** Opens `series` in the active viewport. */
  show(series: Series): void {
    const target = this.active && !this.active.prior ? this.active : this.views.find((view) => !view.prior);
    if (!target) return;
    this.activate(target);
    void target.open(series).then(() => this.host.changed());
    this.host.changed();
  }

  /** Puts the pictures of an earlier study beside this one; again with null to take them away. */
  compare(prior: Case | null): void {
    for (const view of this.views.filter((one) => one.prior)) this.remove(view);
    const series = prior && pictureSeries(prior.series)[0];
    if (prior && series) {
      while (this.views.length > 1) this.remove(this.views.at(-1) as PictureView);
      void this.add(prior, true).open(series);
    }
    this.relayout();
  }

  get comparing(): boolean {
    return this.views.some((view) => view.prior);
  }

  /** One viewport or two. */
  split(): void {
    if (this.views.length > 1) {
      while (this.views.length > 1) this.remove(this.views.at(-1) as PictureView);
    } else {
      const all = pictureSeries(this.data.series);
      const at = all.findIndex((series) => series.seriesInstanceUID === this.shownSeries);
      const second = all[at + 1] ?? all[0];
      if (second) void this.add(this.data, false).open(second);
    }
    this.relayout();
  }

  use(tool: PrimaryTool): void {
    const group = tools.ToolGroupManager.getToolGroup(TOOL_GROUP);
    const primary = { bindings: [{ mouseButton: tools.Enums.MouseBindings.Primary }] };
    for (const name of Object.values(TOOL_NAMES)) if (name !== TOOL_NAMES[tool]) this.letGo(name);
    group?.setToolActive(TOOL_NAMES[tool], primary);
    this.tool = tool;
    this.host.changed();
  }

  setWindow(window: Window): void {
    this.active?.setWindow(window);
  }

  /** Does what a key or a button says; false when the act is none of the pictures'. */
  act(act: Act): boolean {
    const deed = this.deeds[act];
    if (!deed) return false;
    if (this.active?.slices.length || act === "overlay") deed();
    return true;
  }

  dispose(): void {
    this.watcher.disconnect();
    for (const view of [...this.views]) view.dispose();
    tools.annotation.state.removeAllAnnotations();
    this.views = [];
  }

  private readonly deeds: Partial<Record<Act, () => void>> = {
    window: () => this.use("window"),
    pan: () => this.use("pan"),
    zoom: () => this.use("zoom"),
    length: () => this.use("length"),
    angle: () => this.use("angle"),
    invert: () => this.move(invert),
    flipHorizontal: () => this.move((viewport) => flip(viewport, "horizontal")),
    flipVertical: () => this.move((viewport) => flip(viewport, "vertical")),
    rotateRight: () => this.move((viewport) => rotate(viewport, 90)),
    rotateLeft: () => this.move((viewport) => rotate(viewport, -90)),
    reset: () => this.active?.reset(),
    cine: () => this.cine(),
    previousImage: () => void this.active?.scroll(-1),
    nextImage: () => void this.active?.scroll(1),
    previousSeries: () => this.turnSeries(-1),
    nextSeries: () => this.turnSeries(1),
    overlay: () => this.toggleOverlay(),
    cancel: () => this.cancel(),
    deleteMark: () => this.deleteMark(),
  };

  private move(how: (viewport: core.Types.IStackViewport) => void): void {
    if (this.active) how(this.active.viewport);
  }

  private cine(): void {
    if ((this.active?.slices.length ?? 0) < 2) toast(t("cineSingle"));
    else this.active?.cine();
    this.host.changed();
  }

  private toggleOverlay(): void {
    this.overlay = !this.overlay;
    for (const view of this.views) view.showOverlay(this.overlay);
    this.host.changed();
  }

  private turnSeries(step: number): void {
    const all = pictureSeries(this.data.series);
    const at = all.findIndex((series) => series.seriesInstanceUID === this.shownSeries);
    const next = all[at + step];
    if (next) this.show(next);
  }

  private cancel(): void {
    if (this.active) tools.cancelActiveManipulations(this.active.viewport.element);
    this.use("window");
  }

  private deleteMark(): void {
    const selected = tools.annotation.selection.getAnnotationsSelected();
    const last = selected.at(-1) ?? tools.annotation.state.getAllAnnotations().at(-1)?.annotationUID;
    if (!last) return;
    tools.annotation.state.removeAnnotation(last);
    for (const view of this.views) view.viewport.render();
  }

  /** Zoom and pan keep their own mouse buttons when they lose the left one. */
  private letGo(name: string): void {
    const group = tools.ToolGroupManager.getToolGroup(TOOL_GROUP);
    group?.setToolPassive(name, { removeAllBindings: [{ mouseButton: tools.Enums.MouseBindings.Primary }] });
    const { MouseBindings } = tools.Enums;
    if (name === tools.PanTool.toolName)
      group?.setToolActive(name, { bindings: [{ mouseButton: MouseBindings.Auxiliary }] });
    if (name === tools.ZoomTool.toolName)
      group?.setToolActive(name, { bindings: [{ mouseButton: MouseBindings.Secondary }] });
  }

  private add(data: Case, prior: boolean): PictureView {
    const view = new PictureView(
      this.rendering,
      `v${this.made++}`,
      data,
      new Pixels(data.study.studyInstanceUID),
      prior,
      {
        drawn: () => this.host.changed(),
        activated: (one) => this.activate(one),
        alone: (one) => this.alone(one),
        expired: () => this.host.expired(),
      },
      this.painted.shift() ?? firstPaint(),
    );
    this.views.push(view);
    this.grid.append(view.element);
    this.relayout();
    view.enable();
    view.showOverlay(this.overlay);
    if (!this.active) this.activate(view);
    return view;
  }

  private remove(view: PictureView): void {
    this.views = this.views.filter((one) => one !== view);
    view.dispose();
    if (this.active === view) this.active = null;
    const first = this.views[0];
    if (!this.active && first) this.activate(first);
  }

  private alone(view: PictureView): void {
    if (this.views.length < 2) return;
    const only = this.grid.classList.toggle("vp-grid-one");
    for (const one of this.views) one.element.classList.toggle("vp-away", only && one !== view);
    this.rendering.resize(true, true);
  }

  private activate(view: PictureView): void {
    if (this.active === view) return;
    this.active = view;
    for (const one of this.views) one.element.classList.toggle("vp-active", one === view);
    this.host.changed();
  }

  private relayout(): void {
    this.grid.classList.remove("vp-grid-one");
    for (const one of this.views) one.element.classList.remove("vp-away");
    this.grid.dataset["columns"] = String(this.views.length);
    this.rendering.resize(true, false);
    this.host.changed();
  }
}

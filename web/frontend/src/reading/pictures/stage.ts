/** The viewports of a case with pictures: which series stands where, and what the keys do to them. */
import * as core from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";
import { h } from "../../dom/element";
import { t } from "../../i18n";
import { toast } from "../../dom/toast";
import { Pixels } from "../api";
import type { Case, Series } from "../contract";
import type { Act } from "../keys";
import { type Brought, type BroughtHere, broughtTo, type Refers } from "./brought";
import { fetchAhead } from "./ahead";
import { drawsOnCpu, engine, TOOL_GROUP } from "./engine";
import { firstPaint } from "./first-paint";
import { hang, pictureSeries } from "./hanging";
import { Link } from "./linked";
import { Marks } from "./marks";
import { Mpr } from "./mpr";
import { flip, invert, rotate } from "./moves";
import { PictureView } from "./picture-view";
import { presetsFor } from "./presets";
import { type PrimaryTool, takeLeftButton } from "./tools";
import { type WhyNot, whyNoVolume } from "./volume";
import type { Window } from "./window";

/** The next case is fetched once this one has what it needs. */
const AHEAD_AFTER_MS = 800;

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
  private brought: Brought | null = null;
  private mpr: Mpr | null = null;
  private readonly marks: Marks;
  readonly link = new Link();
  private readonly stop = new AbortController();
  private shownAt = new Map<PictureView, number>();
  private readonly watcher: ResizeObserver;

  constructor(
    private readonly rendering: core.RenderingEngine,
    private readonly place: HTMLElement,
    private readonly data: Case,
    private readonly painted: HTMLImageElement[],
    private readonly host: StageHost,
  ) {
    place.replaceChildren(this.grid);
    this.marks = new Marks(data, {
      changed: () => this.views.forEach((view) => view.retell()),
      expired: () => host.expired(),
    });
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
    if (this.mpr) this.leaveMpr();
    const target = this.active && !this.active.prior ? this.active : this.views.find((view) => !view.prior);
    if (!target) return;
    this.activate(target);
    void target.open(series).then(() => this.host.changed());
    this.host.changed();
  }

  /** Puts the pictures of an earlier study beside this one; again with null to take them away. */
  compare(prior: Case | null): void {
    if (this.mpr) this.leaveMpr();
    for (const view of this.views.filter((one) => one.prior)) this.remove(view);
    const series = prior && pictureSeries(prior.series)[0];
    if (prior && series) {
      while (this.views.length > 1) this.remove(this.views.at(-1) as PictureView);
      const at = this.active?.slices.length ? this.active.index / this.active.slices.length : 0;
      void this.add(prior, true).open(series, Math.round(at * series.instances.length));
    }
    this.link.anew();
    this.relayout();
  }

  get comparing(): boolean {
    return this.views.some((view) => view.prior);
  }

  /** Draws what other systems sent. */
  bring(all: Brought): void {
    this.brought = all;
    for (const view of this.views) view.retell();
  }

  /** Leads to a frame, in whatever series it is. */
  async jump({ instance, frames }: Refers): Promise<void> {
    const series = this.data.series.find((one) => one.instances.some((i) => i.sopInstanceUID === instance));
    const target = this.active && !this.active.prior ? this.active : this.views.find((view) => !view.prior);
    if (!series || !target) return toast(t("noViewerFor"));
    if (this.mpr) this.leaveMpr();
    this.activate(target);
    if (target.series !== series) await target.open(series);
    const frame = frames[0] ?? 1;
    const at = target.slices.findIndex(
      (one) => one.instance.sopInstanceUID === instance && one.frame === frame,
    );
    if (at >= 0) await target.scrollTo(at);
    this.host.changed();
  }

  private broughtOn(view: PictureView): BroughtHere {
    const { slice } = view;
    const all = view.prior || !slice ? null : this.brought;
    return broughtTo(all, slice?.instance.sopInstanceUID ?? "", slice?.frame ?? 1);
  }

  /** One viewport or two. */
  split(): void {
    if (this.mpr) return this.leaveMpr();
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
    if (group) takeLeftButton(group, tool);
    this.tool = tool;
    this.host.changed();
  }

  /** The stack is cut in three directions just now. */
  get cutting(): boolean {
    return this.mpr !== null;
  }

  /** Why the active stack cannot be cut, or "". */
  get whyNoMpr(): WhyNot {
    return whyNoVolume(this.active?.slices ?? [], this.cpu);
  }

  setWindow(window: Window): void {
    if (this.mpr) return this.mpr.setWindow(window);
    this.active?.setWindow(window);
  }

  /** Does what a key or a button says; false when the act is none of the pictures'. */
  act(act: Act): boolean {
    const deed = this.deeds[act];
    if (!deed) return false;
    if (this.mpr && !this.cuts(act)) return true;
    if (this.active?.slices.length || act === "overlay") deed();
    return true;
  }

  /** What a key does while three cuts stand there; true where it is the stack's deed all the same. */
  private cuts(act: Act): boolean {
    if (act === "mpr" || act === "cancel") this.leaveMpr();
    else if (act === "reset") this.mpr?.reset();
    else if (act === "previousImage" || act === "nextImage") this.mpr?.scroll(act === "nextImage" ? 1 : -1);
    else if (act.startsWith("preset")) return true;
    else toast(t("mprOnlyCuts"));
    return false;
  }

  private async cut(): Promise<void> {
    const why = this.whyNoMpr;
    const view = this.active;
    if (!view || why) return toast(t(why || "mprNeedsVolume"), "warn");
    const mpr = new Mpr(this.rendering, view.data, view.slices, view.window, () => this.host.changed());
    this.mpr = mpr;
    this.grid.hidden = true;
    this.place.append(mpr.element);
    this.host.changed();
    try {
      await mpr.start(view.slices.map((slice) => slice.imageId));
    } catch {
      if (this.mpr === mpr) this.leaveMpr();
      toast(t("mprFailed"), "bad");
    }
  }

  private leaveMpr(): void {
    this.mpr?.dispose();
    this.mpr = null;
    this.grid.hidden = false;
    this.rendering.resize(true, true);
    this.host.changed();
  }

  dispose(): void {
    this.mpr?.dispose();
    this.watcher.disconnect();
    this.marks.dispose();
    this.stop.abort();
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
    cobb: () => this.use("cobb"),
    ellipse: () => this.use("ellipse"),
    rectangle: () => this.use("rectangle"),
    arrow: () => this.use("arrow"),
    magnify: () => this.use("magnify"),
    preset1: () => this.preset(0),
    preset2: () => this.preset(1),
    preset3: () => this.preset(2),
    preset4: () => this.preset(3),
    preset5: () => this.preset(4),
    preset6: () => this.preset(5),
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
    keyImage: () => this.keyImage(),
    link: () => this.toggleLink(),
    mpr: () => void this.cut(),
  };

  private preset(at: number): void {
    const preset = presetsFor(this.active?.series?.modality ?? "")[at];
    if (preset) this.setWindow(preset.window);
    else toast(t("presetsForCt"));
  }

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

  /** Scrolled views lead, the others follow; the first drawn picture lets the next case be fetched. */
  private drawn(view: PictureView): void {
    const others = this.views.filter((one) => one !== view && one.slices.length > 0);
    const before = this.shownAt.get(view);
    if (before !== undefined && before !== view.index) void this.link.follow(view, others);
    this.shownAt.set(view, view.index);
    if (this.comparing) this.link.remember(view, others);
    this.aheadOnce();
    this.host.changed();
  }

  private aheadOnce = (): void => {
    this.aheadOnce = () => undefined;
    const next = this.data.next;
    const quiet = () =>
      next && !this.stop.signal.aborted && void fetchAhead(next, this.stop.signal).catch(() => undefined);
    window.setTimeout(quiet, AHEAD_AFTER_MS);
  };

  private toggleLink(): void {
    this.link.on = !this.link.on;
    this.link.anew();
    toast(t(this.link.on ? "linkOn" : "linkOff"));
    this.host.changed();
  }

  private keyImage(): void {
    const slice = this.active?.slice;
    if (slice && !this.active?.prior) this.marks.toggleKey(slice);
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

  private add(data: Case, prior: boolean): PictureView {
    const view = new PictureView(
      this.rendering,
      `v${this.made++}`,
      data,
      new Pixels(data.study.studyInstanceUID),
      prior,
      {
        drawn: (one) => this.drawn(one),
        activated: (one) => this.activate(one),
        alone: (one) => this.alone(one),
        expired: () => this.host.expired(),
        opened: (one) => this.marks.opened(one.slices, one.data.marking, one.prior),
        brought: (one) => this.broughtOn(one),
        isKey: (one) => !one.prior && this.marks.isKey(one.slice),
        magnifies: () => this.tool === "magnify",
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

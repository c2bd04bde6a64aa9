/** One viewport: a stack of slices, its first paint, its texts and its AI layer. */
import * as core from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";
import { fill, h } from "../../dom/element";
import { t } from "../../i18n";
import type { Pixels } from "../api";
import type { Case, Series } from "../contract";
import { drawAi, drawnFindings } from "./ai-layer";
import { type BroughtHere, drawBrought } from "./brought";
import { canvasPerMm, type Plane, type Point2, type Point3 } from "./coordinates";
import { TOOL_GROUP } from "./engine";
import { askForPlain } from "./fallback";
import { FrameText } from "./frame-text";
import { directionLetters, frameRate, headerWindows, isLossy, numbers, planeOf, spacingOf } from "./header";
import { type Slice, slicesOf } from "./image-store";
import { openingWindow } from "./hanging";
import { lens } from "./lens";
import { paintedUrl } from "./painted";
import { straighten, zoomByWheel } from "./moves";
import { lettersOn, NO_LETTERS } from "./orientation";
import { drawRuler } from "./ruler";
import { SteadyWindow } from "./steady-window";
import { percentileWindow, rangeOf, type Window, windowOf } from "./window";

export interface ViewHost {
  /** Asked once a picture was drawn or the window changed. */
  drawn(view: PictureView): void;
  activated(view: PictureView): void;
  /** Double click: this view alone, or all again. */
  alone(view: PictureView): void;
  expired(): void;
  /** The headers of a series are here; its pictures are about to be drawn. */
  opened(view: PictureView): void;
  isKey(view: PictureView): boolean;
  /** What other systems drew on the frame that is shown, or chose it for. */
  brought(view: PictureView): BroughtHere;
  /** The left button magnifies. */
  magnifies(): boolean;
}

export class PictureView {
  readonly element: HTMLElement;
  slices: Slice[] = [];
  series: Series | null = null;
  playing = false;
  private readonly screen = h("div", { class: "vp-screen" });
  private readonly layer = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  private readonly note = h("div", { class: "vp-note", role: "status" });
  private readonly texts: FrameText;
  private readonly stop = new AbortController();
  private readonly steady = new SteadyWindow(this.screen);
  private overlay = true;
  private preview = false;
  private marksDue = false;
  private retrying = false;

  constructor(
    private readonly rendering: core.RenderingEngine,
    readonly id: string,
    readonly data: Case,
    private readonly pixels: Pixels,
    readonly prior: boolean,
    private readonly host: ViewHost,
    private readonly first: HTMLImageElement,
  ) {
    this.texts = new FrameText(data, prior);
    this.layer.classList.add("vp-layer");
    this.element = h(
      "div",
      { class: prior ? "vp vp-prior" : "vp", tabindex: "-1", data: { viewport: id } },
      this.screen,
      this.first,
      this.layer,
      this.texts.element,
      this.note,
    );
  }

  /** Call once the element is in the page and has a size. */
  enable(): void {
    this.rendering.enableElement({
      viewportId: this.id,
      type: core.Enums.ViewportType.STACK,
      element: this.screen,
      defaultOptions: { background: [0, 0, 0] },
    });
    tools.ToolGroupManager.getToolGroup(TOOL_GROUP)?.addViewport(this.id, this.rendering.id);
    this.screen.addEventListener(core.Enums.Events.IMAGE_RENDERED, () => this.onDrawn());
    this.screen.addEventListener("pointerdown", () => this.host.activated(this), { capture: true });
    this.screen.addEventListener("dblclick", () => this.host.alone(this));
    const onWheel = (event: WheelEvent) => this.slices.length && zoomByWheel(this.viewport, event);
    this.screen.addEventListener("wheel", onWheel, { capture: true, passive: false });
    lens(
      this.screen,
      () => this.viewport.getCanvas(),
      () => this.host.magnifies(),
    );
    this.screen.addEventListener("contextmenu", (event) => event.preventDefault());
    core.eventTarget.addEventListener(core.Enums.Events.IMAGE_LOAD_ERROR, this.onLoadError);
  }

  /** Shows `series` at slice `index`: the server's picture at once, the real pixels when they are here. */
  async open(series: Series, index = 0): Promise<void> {
    this.series = series;
    this.steady.anew();
    this.firstPaint(series, index);
    try {
      this.slices = await slicesOf(this.pixels, series, this.stop.signal);
    } catch {
      if (!this.stop.signal.aborted) this.say(t("headersFailed"));
      return;
    }
    if (this.stop.signal.aborted || this.series !== series) return;
    if (this.slices.length === 0) return this.showPreview();
    this.marksDue = true;
    await this.showStack(Math.min(index, this.slices.length - 1));
  }

  get viewport(): core.Types.IStackViewport {
    return this.rendering.getViewport(this.id) as core.Types.IStackViewport;
  }

  get index(): number {
    return this.slices.length ? this.viewport.getCurrentImageIdIndex() : 0;
  }

  get slice(): Slice | undefined {
    return this.slices[this.index];
  }

  get window(): Window | null {
    const range = this.slices.length ? this.viewport.getProperties().voiRange : undefined;
    return range ? windowOf(range) : null;
  }

  setWindow(window: Window): void {
    this.viewport.setProperties({ voiRange: rangeOf(window) });
    this.viewport.render();
  }

  scroll(step: number): Promise<void> {
    return this.scrollTo(this.index + step);
  }

  async scrollTo(index: number): Promise<void> {
    const to = Math.min(this.slices.length - 1, Math.max(0, index));
    if (this.slices.length && to !== this.index)
      await this.viewport.setImageIdIndex(to).catch(() => undefined);
  }

  /** Back to how it was opened: size, place, direction and window. */
  reset(): void {
    straighten(this.viewport);
    this.viewport.resetProperties();
    this.defaultWindow();
    this.viewport.render();
  }

  /** Starts or stops playing; single pictures do not play. */
  cine(): void {
    if (this.slices.length < 2) return;
    this.playing = !this.playing;
    const rate = this.slice ? frameRate(this.slice.json) : 15;
    if (this.playing) tools.utilities.cine.playClip(this.screen, { framesPerSecond: rate, loop: true });
    else tools.utilities.cine.stopClip(this.screen);
    this.host.drawn(this);
  }

  /** The corner texts once more, after something beside the picture has changed. */
  retell(): void {
    this.drawLayer();
  }

  showOverlay(on: boolean): void {
    this.overlay = on;
    this.drawLayer();
  }

  resized(): void {
    this.drawLayer();
  }

  dispose(): void {
    this.stop.abort();
    core.eventTarget.removeEventListener(core.Enums.Events.IMAGE_LOAD_ERROR, this.onLoadError);
    if (this.playing) tools.utilities.cine.stopClip(this.screen);
    tools.ToolGroupManager.getToolGroup(TOOL_GROUP)?.removeViewports(this.rendering.id, this.id);
    this.rendering.disableElement(this.id);
    this.element.remove();
  }

  private firstPaint(series: Series, index: number): void {
    const pictures = series.instances.filter((one) => one.kind === "image" && !one.damaged);
    const instance = pictures[index] ?? pictures[0];
    this.say(instance ? t("loadingPicture") : t("noPictures"));
    if (!instance) return;
    const src = paintedUrl(this.pixels.screen(series.seriesInstanceUID, instance.sopInstanceUID));
    if (this.first.getAttribute("src") !== src) this.first.src = src;
    this.first.hidden = false;
    this.first.onerror = () => {
      this.first.hidden = true;
      if (this.preview) this.showPreview();
    };
  }

  private async showStack(index: number): Promise<void> {
    if (!(await this.load(index))) return void this.again(this.slices[index]?.imageId ?? "");
    this.defaultWindow();
    this.viewport.render();
    if (this.slices.length > 1) tools.utilities.stackPrefetch.enable(this.screen);
  }

  /** True when the slice is on the screen. */
  private async load(index: number): Promise<boolean> {
    const imageId = this.slices[index]?.imageId;
    await this.viewport
      .setStack(
        this.slices.map((slice) => slice.imageId),
        index,
      )
      .catch(() => undefined);
    return this.viewport.getCornerstoneImage()?.imageId === imageId;
  }

  /** The header's window, else the first to the 99th percentile of what is shown. */
  private defaultWindow(): void {
    const image = this.viewport.getCornerstoneImage();
    const json = this.slice?.json;
    const opening = this.series && openingWindow(this.data.study, this.series);
    if (opening) return void this.viewport.setProperties({ voiRange: rangeOf(opening) });
    if (!image || image.color || !json || headerWindows(json).length) return;
    const padding = numbers(json, "00280120")[0];
    const found = percentileWindow(
      image.getPixelData(),
      0.01,
      0.99,
      padding === undefined ? undefined : padding * image.slope + image.intercept,
    );
    if (found) this.viewport.setProperties({ voiRange: rangeOf(found) });
  }

  private onDrawn(): void {
    if (!this.viewport.getCornerstoneImage()) return;
    if (this.marksDue) this.mark();
    this.steady.drawn(this.viewport);
    this.first.hidden = true;
    this.preview = false;
    this.say("");
    this.drawLayer();
    this.host.drawn(this);
  }

  /** Kept marks come after the first picture: without one they have no place, and Cornerstone fails. */
  private mark(): void {
    this.marksDue = false;
    this.host.opened(this);
    this.viewport.render();
  }

  private readonly onLoadError = (event: Event): void => {
    const { imageId, error } = (event as CustomEvent<{ imageId: string; error?: { status?: number } }>)
      .detail;
    if (!this.slices.some((slice) => slice.imageId === imageId)) return;
    if (error?.status === 401) return this.host.expired();
    if (imageId === this.slices[this.index]?.imageId) void this.again(imageId);
  };

  /** Asks for the frame uncompressed, once; if that fails too, the server's picture is what there is. */
  private async again(imageId: string): Promise<void> {
    if (this.retrying) return;
    if (askForPlain(imageId)) {
      this.retrying = true;
      if (core.cache.getImageLoadObject(imageId)) core.cache.removeImageLoadObject(imageId, { force: true });
      const shown = await this.load(this.slices.findIndex((slice) => slice.imageId === imageId));
      this.retrying = false;
      if (shown) return this.defaultWindow();
    }
    this.showPreview();
  }

  /** The server's picture, named as a preview, for what cannot be shown otherwise. */
  private showPreview(): void {
    this.preview = this.first.naturalWidth > 0 || !this.first.complete;
    const instance = this.slice?.instance ?? this.series?.instances.find((one) => one.kind === "image");
    if (this.preview && instance && this.series)
      this.first.src = this.pixels.rendered(this.series.seriesInstanceUID, instance.sopInstanceUID);
    this.first.hidden = !this.preview;
    this.say(t(this.preview ? "pictureAsPreview" : "pictureFailed"));
  }

  private drawLayer(): void {
    const slice = this.slice;
    if (!slice || !this.viewport.getCornerstoneImage()) return;
    const plane = planeOf(slice.json);
    const toCanvas = (world: Point3) => this.viewport.worldToCanvas(world) as Point2;
    drawAi(
      this.layer,
      this.overlay ? drawnFindings(this.data.preReads, slice.instance.sopInstanceUID) : [],
      plane,
      toCanvas,
    );
    const brought = this.host.brought(this);
    if (this.overlay) drawBrought(this.layer, brought, slice.json, plane, toCanvas);
    drawRuler(this.layer, spacingOf(slice.json), plane, toCanvas, this.element.clientHeight);
    this.texts.show(this.facts(plane, toCanvas));
  }

  private facts(plane?: Plane, toCanvas?: (world: Point3) => Point2): Parameters<FrameText["show"]>[0] {
    const slice = this.slice;
    const scale = plane && toCanvas ? canvasPerMm(plane, toCanvas) * plane.spacing[0] * devicePixelRatio : 1;
    return {
      series: [this.series?.number, this.series?.description].filter(Boolean).join(" "),
      index: this.index,
      count: this.slices.length,
      frames: (slice?.instance.frames ?? 1) > 1,
      window: this.viewport.getCornerstoneImage()?.color ? null : this.window,
      zoom: scale,
      missing: this.series?.instances.filter((one) => one.damaged).length ?? 0,
      arriving: !this.prior && this.data.arriving !== null,
      lossy: slice ? isLossy(slice.json) : false,
      preview: this.preview,
      key: this.host.isKey(this),
      chosen: slice ? this.host.brought(this).chosen : [],
      drawnBy: slice && this.overlay ? this.host.brought(this).labels : [],
      letters:
        slice && plane && toCanvas ? lettersOn(plane, directionLetters(slice.json), toCanvas) : NO_LETTERS,
    };
  }

  private say(sentence: string): void {
    fill(this.note, sentence);
    this.note.hidden = sentence === "";
  }
}

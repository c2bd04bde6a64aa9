/** A CT cut in three directions with a linked cross-hair; only where a graphics card draws. */
import * as core from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";
import { fill, h } from "../../dom/element";
import { type Key, t } from "../../i18n";
import type { Case } from "../contract";
import type { Point3 } from "./coordinates";
import { whenceLines, whoseLines } from "./frame-text";
import { lettersOf, oppositeOf } from "./orientation";
import type { Slice } from "./image-store";
import { rangeOf, type Window, windowOf, windowText } from "./window";

const GROUP = "mpr";
const LOADER = "cornerstoneStreamingImageVolume";
const { AXIAL, CORONAL, SAGITTAL } = core.Enums.OrientationAxis;
const PANES = [
  { id: "mpr-axial", axis: AXIAL, name: "mprAxial", colour: "rgb(255, 110, 110)" },
  { id: "mpr-coronal", axis: CORONAL, name: "mprCoronal", colour: "rgb(110, 220, 110)" },
  { id: "mpr-sagittal", axis: SAGITTAL, name: "mprSagittal", colour: "rgb(120, 170, 255)" },
] as const;

interface Pane {
  id: string;
  screen: HTMLDivElement;
  text: HTMLElement;
  name: string;
  label: HTMLElement;
  element: HTMLElement;
}

export class Mpr {
  readonly element = h("div", { class: "mpr", role: "group", "aria-label": t("mpr") });
  private readonly panes: Pane[];
  private readonly volumeId: string;
  private active: Pane;
  private gone = false;
  private range: { lower: number; upper: number };

  constructor(
    private readonly rendering: core.RenderingEngine,
    private readonly data: Case,
    slices: readonly Slice[],
    window: Window | null,
    private readonly changed: () => void,
  ) {
    this.range = rangeOf(window ?? { width: 400, center: 40 });
    this.volumeId = `${LOADER}:mpr-${slices[0]?.imageId ?? ""}`;
    this.panes = PANES.map((one) => this.pane(one.id, t(one.name as Key), one.colour));
    this.active = this.panes[0] as Pane;
    fill(this.element, ...this.panes.map((one) => one.element));
  }

  /** Call once the element is in the page; throws when the volume cannot be made. */
  async start(imageIds: string[]): Promise<void> {
    core.volumeLoader.registerVolumeLoader(LOADER, core.cornerstoneStreamingImageVolumeLoader as never);
    this.panes.forEach((pane, at) =>
      this.rendering.enableElement({
        viewportId: pane.id,
        type: core.Enums.ViewportType.ORTHOGRAPHIC,
        element: pane.screen,
        defaultOptions: { orientation: (PANES[at] as (typeof PANES)[number]).axis, background: [0, 0, 0] },
      }),
    );
    const volume = await core.volumeLoader.createAndCacheVolume(this.volumeId, { imageIds });
    if (this.gone) return;
    volume.load();
    const ids = this.panes.map((one) => one.id);
    await core.setVolumesForViewports(this.rendering, [{ volumeId: this.volumeId }], ids);
    if (this.gone) return;
    for (const pane of this.panes) this.listen(pane);
    this.startTools(ids);
    this.apply();
  }

  get window(): Window {
    return windowOf(this.range);
  }

  setWindow(window: Window): void {
    this.range = rangeOf(window);
    this.apply();
  }

  /** Steps through the pane that was touched last. */
  scroll(by: number): void {
    const viewport = this.viewport(this.active);
    viewport.scroll(by);
    viewport.render();
  }

  reset(): void {
    for (const pane of this.panes) this.viewport(pane).resetCamera();
    const hair = tools.ToolGroupManager.getToolGroup(GROUP)?.getToolInstance(
      tools.CrosshairsTool.toolName,
    ) as { resetCrosshairs?(): void } | undefined;
    hair?.resetCrosshairs?.();
    this.rendering.renderViewports(this.panes.map((one) => one.id));
  }

  dispose(): void {
    this.gone = true;
    tools.ToolGroupManager.destroyToolGroup(GROUP);
    for (const pane of this.panes)
      if (this.rendering.getViewport(pane.id)) this.rendering.disableElement(pane.id);
    core.cache.removeVolumeLoadObject(this.volumeId);
    this.element.remove();
  }

  private viewport(pane: Pane): core.Types.IVolumeViewport {
    return this.rendering.getViewport(pane.id) as core.Types.IVolumeViewport;
  }

  private pane(id: string, name: string, colour: string): Pane {
    const screen = h("div", { class: "vp-screen" });
    const text = h("div", { class: "frame-text" });
    const label = h("span", { class: "mpr-name" }, name);
    label.style.color = colour;
    const element = h("div", { class: "vp mpr-pane", data: { mpr: id } }, screen, text, label);
    const pane = { id, screen, text, name, label, element };
    screen.addEventListener("pointerdown", () => this.activate(pane), { capture: true });
    screen.addEventListener("contextmenu", (event) => event.preventDefault());
    return pane;
  }

  private activate(pane: Pane): void {
    this.active = pane;
    for (const one of this.panes) one.element.classList.toggle("vp-active", one === pane);
  }

  private listen(pane: Pane): void {
    pane.screen.addEventListener(core.Enums.Events.IMAGE_RENDERED, () => this.tell(pane));
    pane.screen.addEventListener(core.Enums.Events.VOI_MODIFIED, (event) => {
      const { range } = (event as CustomEvent<{ range: { lower: number; upper: number } }>).detail;
      if (range.lower === this.range.lower && range.upper === this.range.upper) return;
      this.range = range;
      this.apply();
    });
  }

  /** The left button moves the cross-hair, the others as on a stack. */
  private startTools(ids: string[]): void {
    const { CrosshairsTool, PanTool, ZoomTool, StackScrollTool, WindowLevelTool } = tools;
    tools.addTool(CrosshairsTool);
    const group = tools.ToolGroupManager.createToolGroup(GROUP);
    if (!group) return;
    const colour = (id: string) => PANES.find((one) => one.id === id)?.colour ?? "white";
    group.addTool(CrosshairsTool.toolName, {
      getReferenceLineColor: colour,
      getReferenceLineControllable: () => true,
      // Turning the lines cuts obliquely, which the pane's name then says.
      getReferenceLineDraggableRotatable: () => true,
      getReferenceLineSlabThicknessControlsOn: () => false,
    });
    for (const tool of [PanTool, ZoomTool, StackScrollTool, WindowLevelTool]) group.addTool(tool.toolName);
    for (const id of ids) group.addViewport(id, this.rendering.id);
    const { MouseBindings, KeyboardBindings } = tools.Enums;
    const on = (mouseButton: number, modifierKey?: number) => ({
      bindings: [modifierKey === undefined ? { mouseButton } : { mouseButton, modifierKey }],
    });
    group.setToolActive(CrosshairsTool.toolName, on(MouseBindings.Primary));
    group.setToolActive(WindowLevelTool.toolName, on(MouseBindings.Primary, KeyboardBindings.Shift));
    group.setToolActive(PanTool.toolName, on(MouseBindings.Auxiliary));
    group.setToolActive(ZoomTool.toolName, on(MouseBindings.Secondary));
    group.setToolActive(StackScrollTool.toolName, on(MouseBindings.Wheel));
  }

  private apply(): void {
    for (const pane of this.panes) {
      const viewport = this.viewport(pane);
      if (!viewport) continue;
      viewport.setProperties({ voiRange: this.range });
      viewport.render();
    }
    this.changed();
  }

  /** Slice, window and the way the patient lies. */
  private tell(pane: Pane): void {
    const viewport = this.viewport(pane);
    if (!viewport) return;
    const { viewUp, viewPlaneNormal } = viewport.getCamera();
    const up = viewUp as Point3;
    const right = cross(up, viewPlaneNormal as Point3);
    const [top, beside] = [lettersOf(up), lettersOf(right)];
    pane.label.textContent =
      top.length + beside.length > 2 ? t("mprOblique", { name: pane.name }) : pane.name;
    fill(
      pane.text,
      h("div", { class: "ft ft-tl" }, ...whoseLines(this.data)),
      h("div", { class: "ft ft-tr" }, ...whenceLines(this.data)),
      h("div", { class: "ft ft-bl num" }, `${viewport.getSliceIndex() + 1}/${viewport.getNumberOfSlices()}`),
      h("div", { class: "ft ft-br num" }, windowText(this.window)),
      h("div", { class: "ft ft-top" }, top),
      h("div", { class: "ft ft-bottom" }, oppositeOf(top)),
      h("div", { class: "ft ft-right" }, beside),
      h("div", { class: "ft ft-left" }, oppositeOf(beside)),
    );
  }
}

/** Where the right edge points: up × towards the viewer. */
function cross([a, b, c]: Point3, [d, e, f]: Point3): Point3 {
  return [b * f - c * e, c * d - a * f, a * e - b * d];
}

/** The tools of the left button: which there are, and how each is set up. */
import * as tools from "@cornerstonejs/tools";
import { askNote } from "./note";
import { angleLines, lengthLines, roiLines } from "./mark-text";

export type PrimaryTool =
  "window" | "pan" | "zoom" | "length" | "angle" | "cobb" | "ellipse" | "rectangle" | "arrow" | "magnify";

type Group = NonNullable<ReturnType<typeof tools.ToolGroupManager.createToolGroup>>;

/** Cornerstone's name of each tool; its own magnifier does not draw on the processor, `lens.ts` does. */
export const TOOL_NAMES: Record<Exclude<PrimaryTool, "magnify">, string> = {
  window: tools.WindowLevelTool.toolName,
  pan: tools.PanTool.toolName,
  zoom: tools.ZoomTool.toolName,
  length: tools.LengthTool.toolName,
  angle: tools.AngleTool.toolName,
  cobb: tools.CobbAngleTool.toolName,
  ellipse: tools.EllipticalROITool.toolName,
  rectangle: tools.RectangleROITool.toolName,
  arrow: tools.ArrowAnnotateTool.toolName,
};

/** The tools that leave a mark, by Cornerstone's names. */
export const MARK_TOOLS: readonly string[] = (
  ["length", "angle", "cobb", "ellipse", "rectangle", "arrow"] as const
).map((name) => TOOL_NAMES[name]);

const MARK_OPTIONS: Record<string, object> = {
  [TOOL_NAMES.length]: { getTextLines: lengthLines, actions: {} },
  [TOOL_NAMES.angle]: { getTextLines: angleLines },
  [TOOL_NAMES.cobb]: { getTextLines: angleLines, showArcLines: true },
  [TOOL_NAMES.ellipse]: { getTextLines: roiLines, actions: {} },
  [TOOL_NAMES.rectangle]: { getTextLines: roiLines, actions: {} },
  [TOOL_NAMES.arrow]: {
    arrowFirst: true,
    getTextCallback: (done: (text: string) => void) => void askNote("").then(done),
    changeTextCallback: (
      data: { text?: string; data?: { text?: string } },
      _detail: unknown,
      done: (text: string) => void,
    ) => {
      const was = data.data?.text ?? data.text ?? "";
      void askNote(was).then((text) => done(text || was));
    },
  },
};

/** Fills `group` with every tool, the mouse's buttons as readers' hands know them. */
export function startTools(group: Group): void {
  const { WindowLevelTool, PanTool, ZoomTool, StackScrollTool, LengthTool, AngleTool } = tools;
  const { CobbAngleTool, EllipticalROITool, RectangleROITool, ArrowAnnotateTool } = tools;
  for (const tool of [
    WindowLevelTool,
    PanTool,
    ZoomTool,
    StackScrollTool,
    LengthTool,
    AngleTool,
    CobbAngleTool,
    EllipticalROITool,
    RectangleROITool,
    ArrowAnnotateTool,
  ])
    tools.addTool(tool);
  const { MouseBindings } = tools.Enums;
  group.addTool(WindowLevelTool.toolName);
  group.addTool(PanTool.toolName);
  group.addTool(ZoomTool.toolName, { zoomToCenter: false, invert: true });
  group.addTool(StackScrollTool.toolName);
  for (const name of MARK_TOOLS) {
    group.addTool(name, MARK_OPTIONS[name]);
    group.setToolPassive(name);
  }
  group.setToolActive(PanTool.toolName, { bindings: [{ mouseButton: MouseBindings.Auxiliary }] });
  group.setToolActive(ZoomTool.toolName, { bindings: [{ mouseButton: MouseBindings.Secondary }] });
  group.setToolActive(StackScrollTool.toolName, { bindings: [{ mouseButton: MouseBindings.Wheel }] });
}

/** Gives the left button to `tool`; zoom and pan keep the buttons of their own when they lose it. */
export function takeLeftButton(group: Group, tool: PrimaryTool): void {
  const { MouseBindings } = tools.Enums;
  const primary = [{ mouseButton: MouseBindings.Primary }];
  const chosen = tool === "magnify" ? null : TOOL_NAMES[tool];
  for (const name of Object.values(TOOL_NAMES)) {
    if (name === chosen) continue;
    group.setToolPassive(name, { removeAllBindings: primary });
    if (name === TOOL_NAMES.pan)
      group.setToolActive(name, { bindings: [{ mouseButton: MouseBindings.Auxiliary }] });
    if (name === TOOL_NAMES.zoom)
      group.setToolActive(name, { bindings: [{ mouseButton: MouseBindings.Secondary }] });
  }
  if (chosen) group.setToolActive(chosen, { bindings: primary });
}

/** Starts Cornerstone once: CPU rendering where WebGL is software, one tool group, one rendering engine. */
import * as core from "@cornerstonejs/core";
import { init as initLoader } from "@cornerstonejs/dicom-image-loader";
import * as tools from "@cornerstonejs/tools";
import { spacingProvider } from "./image-store";
import { acceptFor } from "./fallback";
import { isSoftwareRenderer } from "./gpu";
import { startTools } from "./tools";

export const ENGINE_ID = "reading";
export const TOOL_GROUP = "reading";
const PROVIDER_PRIORITY = 20_000;
const CACHE_BYTES = 1024 ** 3;

let started: Promise<core.RenderingEngine> | null = null;

/** The rendering engine, started on first use. */
export function engine(): Promise<core.RenderingEngine> {
  started ??= start();
  return started;
}

/** True when the pictures are drawn without the graphics card. */
export function drawsOnCpu(): boolean {
  return core.getShouldUseCPURendering();
}

async function start(): Promise<core.RenderingEngine> {
  await core.init();
  if (isSoftwareRenderer(rendererName())) core.setUseCPURendering(true);
  core.cache.setMaxCacheSize(CACHE_BYTES);
  initLoader({
    maxWebWorkers: Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1)),
    beforeSend: acceptFor,
  });
  core.metaData.addProvider(spacingProvider, PROVIDER_PRIORITY);
  tools.init();
  makeGroup();
  return new core.RenderingEngine(ENGINE_ID);
}

function rendererName(): string {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) return "none";
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : "";
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return name;
}

function makeGroup(): void {
  const group = tools.ToolGroupManager.createToolGroup(TOOL_GROUP);
  if (!group) throw new Error("the tool group could not be made");
  startTools(group);
  tools.annotation.config.style.setDefaultToolStyles(
    markStyle(tools.annotation.config.style.getDefaultToolStyles()),
  );
}

/** Marks are thin and one colour; the text is as large as the corner text. */
function markStyle(
  style: ReturnType<typeof tools.annotation.config.style.getDefaultToolStyles>,
): typeof style {
  const colour = "rgb(90, 209, 230)";
  const global = {
    color: colour,
    colorHighlighted: "rgb(255, 255, 255)",
    colorSelected: "rgb(255, 214, 102)",
    lineWidth: "1.5",
    textBoxFontSize: "13px",
    textBoxColor: colour,
    textBoxColorHighlighted: "rgb(255, 255, 255)",
    textBoxColorSelected: "rgb(255, 214, 102)",
    textBoxFontFamily: "Noto Sans SC Variable, sans-serif",
    shadow: true,
  };
  return { ...style, global: { ...style.global, ...global } };
}

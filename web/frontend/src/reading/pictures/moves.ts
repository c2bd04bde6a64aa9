/** Turning, mirroring and zooming one viewport, the same way on the graphics card and on the processor. */
import * as core from "@cornerstonejs/core";

type Viewport = core.Types.IStackViewport;

const WHEEL_ZOOM = 1.15;

export function invert(viewport: Viewport): void {
  viewport.setProperties({ invert: !viewport.getProperties().invert });
  viewport.render();
}

/**
 * Mirrors what is seen. Drawn on the CPU, Cornerstone mirrors the stored image: turned by 90°, that is the
 * other axis.
 */
export function flip(viewport: Viewport, direction: "horizontal" | "vertical"): void {
  const camera = viewport.getCamera();
  const turned = core.getShouldUseCPURendering() && Math.round(rotationOf(viewport) / 90) % 2 === 1;
  const horizontal = (direction === "horizontal") !== turned;
  viewport.setCamera(
    horizontal ? { flipHorizontal: !camera.flipHorizontal } : { flipVertical: !camera.flipVertical },
  );
  viewport.render();
}

export function rotate(viewport: Viewport, degrees: number): void {
  viewport.setViewPresentation({ rotation: (rotationOf(viewport) + degrees + 360) % 360 });
  viewport.render();
}

/** Back to how it was opened: size, place and direction. */
export function straighten(viewport: Viewport): void {
  viewport.resetCamera({ resetPan: true, resetZoom: true, resetToCenter: true });
  const camera = viewport.getCamera();
  viewport.setCamera({
    ...(camera.flipHorizontal ? { flipHorizontal: false } : {}),
    ...(camera.flipVertical ? { flipVertical: false } : {}),
  });
  viewport.setViewPresentation({ rotation: 0 });
}

/** Ctrl and the wheel zoom; the browser's own zoom of the page stays away. */
export function zoomByWheel(viewport: Viewport, event: WheelEvent): void {
  if (!event.ctrlKey) return;
  event.preventDefault();
  event.stopPropagation();
  viewport.setZoom(viewport.getZoom() * (event.deltaY < 0 ? WHEEL_ZOOM : 1 / WHEEL_ZOOM));
  viewport.render();
}

function rotationOf(viewport: Viewport): number {
  return viewport.getViewPresentation().rotation ?? 0;
}

/** Keeps the window's numbers true on the processor, where Cornerstone forgets them with every new image. */
import * as core from "@cornerstonejs/core";
import type { Range } from "./window";

/**
 * Drawn on the CPU a stack keeps its window while it scrolls, but the viewport then names the new header's.
 * `drawn` puts the one that is really in use back, so that corner text and window tool begin from it.
 */
export class SteadyWindow {
  private range: Range | null = null;

  constructor(screen: HTMLElement) {
    screen.addEventListener(core.Enums.Events.VOI_MODIFIED, (event) => {
      this.range = (event as CustomEvent<{ range?: Range }>).detail.range ?? this.range;
    });
  }

  /** Another stack: its first image says the window anew. */
  anew(): void {
    this.range = null;
  }

  drawn(viewport: core.Types.IStackViewport): void {
    const said = viewport.getProperties().voiRange;
    if (!core.getShouldUseCPURendering() || !said) return;
    if (!this.range) this.range = said;
    else if (said.lower !== this.range.lower || said.upper !== this.range.upper)
      viewport.setProperties({ voiRange: this.range }, true);
  }
}

/** The windows that readers reach for, by modality. */
import type { Key } from "../../i18n";
import type { Window } from "./window";

export interface Preset {
  name: Key;
  window: Window;
  /** The key that chooses it. */
  key: string;
}

/** CT windows in HU. */
export const CT_PRESETS: readonly Preset[] = [
  { name: "presetSoft", window: { width: 400, center: 40 }, key: "5" },
  { name: "presetLung", window: { width: 1500, center: -600 }, key: "6" },
  { name: "presetBone", window: { width: 2500, center: 480 }, key: "7" },
  { name: "presetBrain", window: { width: 80, center: 40 }, key: "8" },
  { name: "presetMediastinum", window: { width: 350, center: 50 }, key: "9" },
  { name: "presetStroke", window: { width: 40, center: 40 }, key: "0" },
];

/** The presets of a modality; only CT numbers mean the same everywhere. */
export function presetsFor(modality: string): readonly Preset[] {
  return modality === "CT" ? CT_PRESETS : [];
}

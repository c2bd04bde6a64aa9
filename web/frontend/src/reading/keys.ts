/** Which key does what. Letters act by their place on the keyboard, so they work under a Chinese input method too. */
import type { Key } from "../i18n";

export type Act =
  | "window"
  | "pan"
  | "zoom"
  | "length"
  | "angle"
  | "cobb"
  | "ellipse"
  | "rectangle"
  | "arrow"
  | "magnify"
  | "keyImage"
  | "link"
  | "mpr"
  | "preset1"
  | "preset2"
  | "preset3"
  | "preset4"
  | "preset5"
  | "preset6"
  | "invert"
  | "flipHorizontal"
  | "flipVertical"
  | "rotateRight"
  | "rotateLeft"
  | "reset"
  | "cine"
  | "previousImage"
  | "nextImage"
  | "previousSeries"
  | "nextSeries"
  | "cancel"
  | "deleteMark"
  | "overlay"
  | "template"
  | "templates"
  | "aside"
  | "takeUp"
  | "giveBack"
  | "gradeA"
  | "gradeB"
  | "gradeC"
  | "gradeD"
  | "suggestion"
  | "write"
  | "next"
  | "critical"
  | "sign"
  | "help";

/** A key press without the browser's event around it. */
export interface Press {
  code: string;
  ctrl: boolean;
  shift: boolean;
  alt: boolean;
  meta: boolean;
  repeat: boolean;
  /** The target takes text. */
  typing: boolean;
  /** The target is a button or link, which Space and Enter press. */
  pressable: boolean;
  /** An input method is composing a word. */
  composing: boolean;
}

const BY_CODE: Record<string, Act> = {
  KeyW: "window",
  KeyP: "pan",
  KeyZ: "zoom",
  KeyD: "length",
  KeyA: "angle",
  KeyB: "cobb",
  KeyF: "ellipse",
  KeyG: "rectangle",
  KeyY: "arrow",
  KeyM: "magnify",
  KeyK: "keyImage",
  Semicolon: "link",
  Period: "mpr",
  // 1 to 4 are the grades of image quality.
  Digit5: "preset1",
  Digit6: "preset2",
  Digit7: "preset3",
  Digit8: "preset4",
  Digit9: "preset5",
  Digit0: "preset6",
  KeyI: "invert",
  KeyH: "flipHorizontal",
  KeyV: "flipVertical",
  KeyR: "rotateRight",
  KeyL: "rotateLeft",
  KeyC: "cine",
  KeyO: "overlay",
  KeyT: "template",
  KeyJ: "templates",
  KeyX: "aside",
  KeyU: "takeUp",
  KeyQ: "giveBack",
  Digit1: "gradeA",
  Digit2: "gradeB",
  Digit3: "gradeC",
  Digit4: "gradeD",
  KeyS: "suggestion",
  KeyE: "write",
  KeyN: "next",
  ArrowUp: "previousImage",
  ArrowLeft: "previousImage",
  ArrowDown: "nextImage",
  ArrowRight: "nextImage",
  PageUp: "previousSeries",
  PageDown: "nextSeries",
  Space: "reset",
  Escape: "cancel",
  Backspace: "deleteMark",
  Delete: "deleteMark",
};

/** Acts that go on while the key is held. */
const HELD: ReadonlySet<Act> = new Set(["previousImage", "nextImage", "rotateRight", "rotateLeft"]);

/** The act of a key press, or null. While text is written only signing, help by chord and leaving the field act. */
export function actFor(press: Press): Act | null {
  if (press.composing) return null;
  if (press.ctrl && !press.alt && !press.meta && isEnter(press.code)) return press.repeat ? null : "sign";
  if (press.ctrl || press.alt || press.meta) return null;
  if (press.typing) return press.code === "Escape" ? "cancel" : null;
  if (press.code === "Slash") return "help";
  if (press.code === "Digit1" && press.shift) return press.repeat ? null : "critical";
  if (press.shift || (press.pressable && press.code === "Space")) return null;
  const act = BY_CODE[press.code] ?? null;
  return act && press.repeat && !HELD.has(act) ? null : act;
}

function isEnter(code: string): boolean {
  return code === "Enter" || code === "NumpadEnter";
}

/** The list behind `?`: keys as printed on the keyboard, and the text that explains them. */
export const KEY_LIST: readonly { keys: readonly string[]; text: Key; on: "picture" | "ecg" | "all" }[] = [
  { keys: ["W"], text: "toolWindow", on: "picture" },
  { keys: ["P"], text: "toolPan", on: "picture" },
  { keys: ["Z"], text: "toolZoom", on: "picture" },
  { keys: ["D"], text: "toolLength", on: "picture" },
  { keys: ["A"], text: "toolAngle", on: "picture" },
  { keys: ["B"], text: "toolCobb", on: "picture" },
  { keys: ["F"], text: "toolEllipse", on: "picture" },
  { keys: ["G"], text: "toolRectangle", on: "picture" },
  { keys: ["Y"], text: "toolArrow", on: "picture" },
  { keys: ["M"], text: "toolMagnify", on: "picture" },
  { keys: ["K"], text: "toolKeyImage", on: "picture" },
  { keys: [";"], text: "toolLink", on: "picture" },
  { keys: ["."], text: "mprKey", on: "picture" },
  { keys: ["5", "6", "7"], text: "keyPresets1", on: "picture" },
  { keys: ["8", "9", "0"], text: "keyPresets2", on: "picture" },
  { keys: ["I"], text: "toolInvert", on: "picture" },
  { keys: ["H", "V"], text: "toolFlip", on: "picture" },
  { keys: ["R", "L"], text: "toolRotate", on: "picture" },
  { keys: ["C"], text: "toolCine", on: "picture" },
  { keys: ["↑", "↓"], text: "keyImage", on: "picture" },
  { keys: ["PgUp", "PgDn"], text: "keySeries", on: "picture" },
  { keys: ["Space"], text: "toolReset", on: "picture" },
  { keys: ["Backspace"], text: "keyDelete", on: "all" },
  { keys: ["D"], text: "toolCaliper", on: "ecg" },
  { keys: ["M"], text: "caliperMarch", on: "ecg" },
  { keys: ["B"], text: "medianBeatKey", on: "ecg" },
  { keys: ["G"], text: "editValues", on: "ecg" },
  { keys: ["F"], text: "ecgStatement", on: "ecg" },
  { keys: ["O"], text: "toolOverlay", on: "picture" },
  { keys: ["T"], text: "insertTemplate", on: "all" },
  { keys: ["J"], text: "templates", on: "all" },
  { keys: ["S"], text: "insertSuggestion", on: "all" },
  { keys: ["E"], text: "keyWrite", on: "all" },
  { keys: ["Esc"], text: "keyCancel", on: "all" },
  { keys: ["1", "2", "3", "4"], text: "imageQualityKeys", on: "all" },
  { keys: ["X"], text: "asideHelp", on: "all" },
  { keys: ["U"], text: "takeUpHelp", on: "all" },
  { keys: ["Q"], text: "giveBackReport", on: "all" },
  { keys: ["!"], text: "criticalHelp", on: "all" },
  { keys: ["N"], text: "nextCase", on: "all" },
  { keys: ["Ctrl", "Enter"], text: "signKey", on: "all" },
  { keys: ["?"], text: "keysTitle", on: "all" },
];

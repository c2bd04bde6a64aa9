/** The letters at the picture's edges: which way the patient lies (PS3.3 C.7.6.1.1.1). */
import { type Plane, type Point2, type Point3, worldOf } from "./coordinates";

const OPPOSITE: Record<string, string> = { L: "R", R: "L", A: "P", P: "A", H: "F", F: "H" };

export interface Letters {
  left: string;
  right: string;
  top: string;
  bottom: string;
}

export const NO_LETTERS: Letters = { left: "", right: "", top: "", bottom: "" };

/** The letters at the edges of a viewport, for an image whose rows and columns run towards `towards`. */
export function lettersOn(
  plane: Plane,
  towards: { row: string; column: string },
  toCanvas: (world: Point3) => Point2,
): Letters {
  const [ox, oy] = toCanvas(worldOf(plane, [0, 0]));
  const [ax, ay] = toCanvas(worldOf(plane, [10, 0]));
  const [dx, dy] = toCanvas(worldOf(plane, [0, 10]));
  return placed(towards.row, towards.column, [ax - ox, ay - oy], [dx - ox, dy - oy]);
}

/** The letters for a direction in patient space (x to L, y to P, z to H), strongest first, at most two. */
export function lettersOf(direction: Point3): string {
  const named: [string, string, number][] = [
    ["L", "R", direction[0]],
    ["P", "A", direction[1]],
    ["H", "F", direction[2]],
  ];
  return named
    .filter(([, , size]) => Math.abs(size) > 0.25)
    .sort((a, b) => Math.abs(b[2]) - Math.abs(a[2]))
    .slice(0, 2)
    .map(([positive, negative, size]) => (size > 0 ? positive : negative))
    .join("");
}

/** The other way: `LH` becomes `RF`. */
export function oppositeOf(letters: string): string {
  return [...letters].map((letter) => OPPOSITE[letter] ?? "").join("");
}

/**
 * Puts the letters of the rows' and columns' directions to the edges where they point on the page.
 * `across` and `down` are those directions in page pixels.
 */
export function placed(row: string, column: string, across: Point2, down: Point2): Letters {
  const letters: Letters = { left: "", right: "", top: "", bottom: "" };
  put(letters, row, across);
  put(letters, column, down);
  return letters;
}

function put(letters: Letters, towards: string, [x, y]: Point2): void {
  if (!towards) return;
  const ends: [keyof Letters, keyof Letters] =
    Math.abs(x) >= Math.abs(y)
      ? x > 0
        ? ["right", "left"]
        : ["left", "right"]
      : y > 0
        ? ["bottom", "top"]
        : ["top", "bottom"];
  letters[ends[0]] = towards;
  letters[ends[1]] = oppositeOf(towards);
}

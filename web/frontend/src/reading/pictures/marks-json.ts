/** A mark as the hub keeps it, and as Cornerstone draws it: pixels of the stored image against patient space. */
import { type Plane, type Point2, type Point3, pixelOf, worldOf } from "./coordinates";
import { TOOL_NAMES } from "./tools";

export type MarkKind = "length" | "angle" | "cobb" | "ellipse" | "rectangle" | "arrow";

export interface MarkValue {
  name: "length" | "angle" | "area" | "mean" | "deviation";
  value: number;
  unit: string;
  projected: boolean;
}

export interface Mark {
  uid: string;
  kind: MarkKind;
  instance: string;
  /** 1-based */
  frame: number;
  points: Point2[];
  words: string;
  values: MarkValue[];
}

export interface Stats {
  length?: number;
  angle?: number;
  area?: number;
  mean?: number;
  stdDev?: number;
  unit?: string;
  areaUnit?: string;
}

/** The part of a Cornerstone annotation that matters here. */
export interface Drawing {
  annotationUID?: string;
  metadata: { toolName: string; referencedImageId?: string };
  data: {
    handles?: { points?: Point3[]; textBox?: { uid?: string } };
    text?: string;
    label?: string;
    cachedStats?: Record<string, Stats | undefined>;
  };
}

const KINDS = Object.fromEntries(
  (["length", "angle", "cobb", "ellipse", "rectangle", "arrow"] as const).map((kind) => [
    TOOL_NAMES[kind],
    kind,
  ]),
) as Record<string, MarkKind>;
const POINTS: Record<MarkKind, number> = { length: 2, angle: 3, cobb: 4, ellipse: 4, rectangle: 4, arrow: 2 };

/** The mark that `drawing` is, on `instance` and `frame`; null while it is unfinished. */
export function markOf(
  drawing: Drawing,
  plane: Plane,
  at: { instance: string; frame: number; unit: string; valueUnit: string },
): Mark | null {
  const kind = KINDS[drawing.metadata.toolName];
  const points = drawing.data.handles?.points ?? [];
  if (!kind || !drawing.annotationUID || points.length !== POINTS[kind]) return null;
  const stats = drawing.data.cachedStats?.[`imageId:${drawing.metadata.referencedImageId}`] ?? {};
  return {
    uid: drawing.annotationUID,
    kind,
    instance: at.instance,
    frame: at.frame,
    points: points.map((point) => pixelOf(plane, point)),
    words: (drawing.data.text ?? drawing.data.label ?? "").slice(0, 64),
    values: valuesOf(stats, at.unit, at.valueUnit),
  };
}

/** What Cornerstone needs to draw `mark` on the image `imageId` again; `locked` marks cannot be moved. */
export function drawingOf(
  mark: Mark,
  imageId: string,
  frameOfReference: string,
  plane: Plane,
  locked: boolean,
) {
  const points = mark.points.map((point) => worldOf(plane, point));
  const [r, c] = [plane.row, plane.column];
  const normal: Point3 = [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]];
  return {
    annotationUID: mark.uid,
    highlighted: false,
    invalidated: true,
    isLocked: locked,
    isVisible: true,
    metadata: {
      toolName: TOOL_NAMES[mark.kind],
      referencedImageId: imageId,
      FrameOfReferenceUID: frameOfReference,
      viewPlaneNormal: normal,
      viewUp: c.map((value) => -value) as Point3,
    },
    data: {
      text: mark.words,
      label: mark.words,
      frame: mark.frame,
      cachedStats: {},
      handles: {
        points,
        activeHandleIndex: null,
        ...(mark.kind === "arrow" ? { arrowFirst: true } : {}),
        textBox: {
          hasMoved: false,
          worldPosition: [0, 0, 0],
          worldBoundingBox: {
            topLeft: [0, 0, 0],
            topRight: [0, 0, 0],
            bottomLeft: [0, 0, 0],
            bottomRight: [0, 0, 0],
          },
        },
      },
    },
  };
}

function valuesOf(stats: Stats, unit: string, valueUnit: string): MarkValue[] {
  const values: MarkValue[] = [];
  const add = (name: MarkValue["name"], value: number | undefined, of: string, projected = false) => {
    if (value !== undefined && Number.isFinite(value)) values.push({ name, value, unit: of, projected });
  };
  const inRegion = `${stats.unit ?? ""}${stats.areaUnit ?? ""}`.includes("US Region");
  const length = inRegion ? "cm" : unit === "px" || unit === "regions" ? "px" : "mm";
  add("length", stats.length, length, unit === "mmProjected");
  add("angle", stats.angle, "deg");
  add("area", stats.area, `${length}2`, unit === "mmProjected");
  const of = valueUnit === "HU" ? "HU" : "1";
  add("mean", stats.mean, of);
  add("deviation", stats.stdDev, of);
  return values;
}

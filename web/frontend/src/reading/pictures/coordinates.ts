/** From a pixel of the stored image to a point of the page, through patient space. */

export type Point2 = [number, number];
export type Point3 = [number, number, number];

/** Where an image lies: mm of its first pixel's centre, mm per column and row, and the two directions. */
export interface Plane {
  origin: Point3;
  /** [mm per column, mm per row] */
  spacing: Point2;
  /** Direction of a row's pixels (columns rising), then of a column's (rows rising). */
  row: Point3;
  column: Point3;
}

/** The patient-space point (mm) of pixel index [column, row]; 0, 0 is the centre of the first pixel. */
export function worldOf(plane: Plane, pixel: Point2): Point3 {
  const across = pixel[0] * plane.spacing[0];
  const down = pixel[1] * plane.spacing[1];
  return [0, 1, 2].map((axis) => {
    const at = axis as 0 | 1 | 2;
    return plane.origin[at] + plane.row[at] * across + plane.column[at] * down;
  }) as Point3;
}

/** The pixel index [column, row] under a patient-space point; the inverse of `worldOf`. */
export function pixelOf(plane: Plane, world: Point3): Point2 {
  const from = ([0, 1, 2] as const).map((axis) => world[axis] - plane.origin[axis]) as Point3;
  const along = (direction: Point3) =>
    from[0] * direction[0] + from[1] * direction[1] + from[2] * direction[2];
  return [along(plane.row) / plane.spacing[0], along(plane.column) / plane.spacing[1]];
}

/** The four corners of a box whose edges are given in pixels, as drawn on the page: half a pixel beyond the centres. */
export function boxOnCanvas(
  plane: Plane,
  xyxy: readonly [number, number, number, number],
  toCanvas: (world: Point3) => Point2,
): Point2[] {
  const [x0, y0, x1, y1] = xyxy;
  const corners: Point2[] = [
    [x0 - 0.5, y0 - 0.5],
    [x1 + 0.5, y0 - 0.5],
    [x1 + 0.5, y1 + 0.5],
    [x0 - 0.5, y1 + 0.5],
  ];
  return corners.map((corner) => toCanvas(worldOf(plane, corner)));
}

/** The top-left of what encloses the points: where a label goes. */
export function topLeft(points: readonly Point2[]): Point2 {
  return [Math.min(...points.map((point) => point[0])), Math.min(...points.map((point) => point[1]))];
}

/** Canvas pixels per millimetre along the image's rows. */
export function canvasPerMm(plane: Plane, toCanvas: (world: Point3) => Point2): number {
  const [ax, ay] = toCanvas(worldOf(plane, [0, 0]));
  const [bx, by] = toCanvas(worldOf(plane, [100, 0]));
  return Math.hypot(bx - ax, by - ay) / (100 * plane.spacing[0]);
}

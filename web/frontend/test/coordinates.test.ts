import { broughtTo, outline } from "../src/reading/pictures/brought";
import { expect, test } from "vitest";
import {
  boxOnCanvas,
  canvasPerMm,
  type Plane,
  type Point2,
  type Point3,
  topLeft,
  worldOf,
} from "../src/reading/pictures/coordinates";
import { rulerLength } from "../src/reading/pictures/ruler";

const RADIOGRAPH: Plane = { origin: [0, 0, 0], spacing: [0.2, 0.2], row: [1, 0, 0], column: [0, 1, 0] };
const CORONAL: Plane = { origin: [-100, 30, 80], spacing: [0.5, 2], row: [1, 0, 0], column: [0, 0, -1] };

/** Ten canvas pixels to the mm, looking along y. */
const fromTheFront = (world: Point3): Point2 => [world[0] * 10, -world[2] * 10];
const fromAbove = (world: Point3): Point2 => [world[0] * 10, world[1] * 10];

test("the centre of the first pixel is the image's position", () => {
  expect(worldOf(CORONAL, [0, 0])).toEqual([-100, 30, 80]);
});

test("columns go along the row direction, rows along the column direction", () => {
  expect(worldOf(CORONAL, [10, 0])).toEqual([-95, 30, 80]);
  expect(worldOf(CORONAL, [0, 10])).toEqual([-100, 30, 60]);
});

test("a box reaches half a pixel beyond the centres of its edge pixels", () => {
  const [topLeftCorner, , bottomRight] = boxOnCanvas(RADIOGRAPH, [10, 20, 19, 39], fromAbove);
  expect(topLeftCorner).toEqual([19, 39]);
  expect(bottomRight?.map((value) => Math.round(value * 1e6) / 1e6)).toEqual([39, 79]);
});

test("a box lies right on a tilted plane with unequal spacing too", () => {
  const corners = boxOnCanvas(CORONAL, [0, 0, 1, 1], fromTheFront);
  expect(corners[0]).toEqual([-1002.5, -810]);
  expect(corners[2]).toEqual([-992.5, -770]);
});

test("the label goes to the top left of whatever the box became by turning", () => {
  expect(
    topLeft([
      [5, 9],
      [2, 7],
      [8, 1],
    ]),
  ).toEqual([2, 1]);
});

test("the scale counts canvas pixels for a millimetre, not for a pixel of the image", () => {
  expect(canvasPerMm(RADIOGRAPH, fromAbove)).toBeCloseTo(10);
});

test("the ruler is the longest round length that fits", () => {
  expect(rulerLength(2, 160)).toBe(50);
  expect(rulerLength(30, 160)).toBe(5);
  expect(rulerLength(1000, 160)).toBeNull();
});

test("a circle of a presentation state has its radius, an ellipse its axes", () => {
  const circle = outline({
    kind: "CIRCLE",
    points: [
      [10, 10],
      [13, 14],
    ],
    filled: false,
    shown: false,
  });
  for (const [x, y] of circle) expect(Math.hypot(x - 10, y - 10)).toBeCloseTo(5);
  const ellipse = outline({
    kind: "ELLIPSE",
    points: [
      [0, 5],
      [20, 5],
      [10, 0],
      [10, 10],
    ],
    filled: false,
    shown: false,
  });
  expect(Math.max(...ellipse.map((point) => point[0]))).toBeCloseTo(20);
  expect(Math.max(...ellipse.map((point) => point[1]))).toBeCloseTo(10);
});

test("a state is drawn on its own images only, and a layer may name fewer of them", () => {
  const image = (instance: string, ...frames: number[]) => ({ instance, frames });
  const shape = { kind: "POINT", points: [[1, 1]], filled: false, shown: false } as never;
  const layers = [
    { images: [], shapes: [shape], texts: [] },
    { images: [image("1", 2)], shapes: [shape], texts: [] },
  ];
  const state = { uid: "", label: "A", by: "", at: "", images: [image("1")], layers, left_out: 0 };
  const all = { presentations: [state], selections: [], documents: [], unreadable: [], more: 0 };
  expect(broughtTo(all, "1", 2).shapes).toHaveLength(2);
  expect(broughtTo(all, "1", 1).shapes).toHaveLength(1);
  expect(broughtTo(all, "2", 1)).toMatchObject({ shapes: [], labels: [] });
});

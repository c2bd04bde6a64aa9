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

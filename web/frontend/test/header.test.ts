import { whyNoVolume } from "../src/reading/pictures/volume";
import { expect, test } from "vitest";
import {
  type DicomJson,
  directionLetters,
  frameRate,
  headerWindows,
  inSpatialOrder,
  planeOf,
  spacingOf,
} from "../src/reading/pictures/header";
import { lettersOf, oppositeOf, placed } from "../src/reading/pictures/orientation";
import { lengthText } from "../src/reading/pictures/mark-text";
import { routeOf } from "../src/reading/pictures/route";
import { withPalette } from "../src/reading/pictures/palette";

const element = (...Value: unknown[]) => ({ vr: "DS", Value });
const json = (elements: Record<string, unknown[]>): DicomJson =>
  Object.fromEntries(Object.entries(elements).map(([tag, values]) => [tag, element(...values)]));

test("a radiograph that knows only its detector's spacing says so", () => {
  const dx = json({ "00080060": ["DX"], "00181164": [0.2, 0.2] });
  expect(spacingOf(dx)).toEqual({ mm: [0.2, 0.2], unit: "mmProjected" });
  expect(lengthText(99.66, "mm", spacingOf(dx).unit)).toBe("99.7 mm 投影");
});

test("a radiograph whose pixel spacing merely repeats the detector's is a projection too", () => {
  expect(spacingOf(json({ "00080060": ["CR"], "00280030": [0.2, 0.2], "00181164": [0.2, 0.2] })).unit).toBe(
    "mmProjected",
  );
});

test("a radiograph calibrated to the patient is in millimetres", () => {
  expect(spacingOf(json({ "00080060": ["DX"], "00280030": [0.18, 0.18], "00181164": [0.2, 0.2] })).unit).toBe(
    "mm",
  );
});

test("a CT slice is in millimetres, and nothing is when the header is silent", () => {
  expect(spacingOf(json({ "00080060": ["CT"], "00280030": [0.7, 0.7] })).unit).toBe("mm");
  expect(spacingOf(json({ "00080060": ["OT"] })).unit).toBe("px");
  expect(lengthText(12.4, "px", "px")).toBe("12 像素");
});

test("row spacing and column spacing are not confused", () => {
  expect(planeOf(json({ "00280030": [2, 0.5] })).spacing).toEqual([0.5, 2]);
});

test("slices are sorted by where they lie, not by their numbers", () => {
  const slice = (z: number) => json({ "00200032": [0, 0, z], "00200037": [1, 0, 0, 0, 1, 0] });
  const sorted = inSpatialOrder([slice(5), slice(-5), slice(0)], (one) => one);
  expect(sorted.map((one) => one["00200032"]?.Value?.[2])).toEqual([-5, 0, 5]);
});

test("slices without a position keep the order of the series", () => {
  const loose = [json({ "00200013": [2] }), json({ "00200013": [1] })];
  expect(inSpatialOrder(loose, (one) => one)).toEqual(loose);
});

test("windows of the header come with their explanations, and senseless ones not at all", () => {
  const found = headerWindows({
    "00281050": element(40, -600, 0),
    "00281051": element(400, 1500, 0),
    "00281055": element("软组织", "肺"),
  });
  expect(found).toEqual([
    { window: { center: 40, width: 400 }, name: "软组织" },
    { window: { center: -600, width: 1500 }, name: "肺" },
  ]);
});

test("cine runs at the rate of the header, 15 when it is silent", () => {
  expect(frameRate(json({ "00180040": [25] }))).toBe(25);
  expect(frameRate(json({ "00181063": [33.333] }))).toBeCloseTo(30, 1);
  expect(frameRate(json({}))).toBe(15);
});

test("letters name the strongest directions first", () => {
  expect(lettersOf([1, 0, 0])).toBe("L");
  expect(lettersOf([0, -0.6, 0.8])).toBe("HA");
  expect(oppositeOf("HA")).toBe("FP");
});

test("letters follow the picture when it is turned", () => {
  expect(placed("L", "F", [1, 0], [0, 1])).toEqual({ left: "R", right: "L", top: "H", bottom: "F" });
  expect(placed("L", "F", [0, 1], [-1, 0])).toEqual({ left: "F", right: "H", top: "R", bottom: "L" });
});

test("a radiograph's own orientation is used when it has no position", () => {
  expect(directionLetters(json({ "00200020": ["L", "F"] }))).toEqual({ row: "L", column: "F" });
});

test("frames are decoded here only where that is quick and right", () => {
  const gray = (syntax: string) =>
    routeOf(json({ "00083002": [syntax], "00280002": [1], "00280100": [16], "00280004": ["MONOCHROME2"] }));
  expect(gray("1.2.840.10008.1.2.1")).toBe("here");
  expect(gray("1.2.840.10008.1.2.4.80")).toBe("here");
  expect(gray("1.2.840.10008.1.2.4.70")).toBe("server");
  expect(gray("1.2.840.10008.1.2.4.90")).toBe("server");
});

test("sixteen-bit colours are shown as the server's preview", () => {
  expect(
    routeOf(
      json({ "00083002": ["1.2.840.10008.1.2.5"], "00280002": [3], "00280100": [16], "00280004": ["RGB"] }),
    ),
  ).toBe("preview");
});

test("a baseline JPEG that claims RGB is left to the server", () => {
  const jpeg = (photometric: string) =>
    routeOf(
      json({
        "00083002": ["1.2.840.10008.1.2.4.50"],
        "00280002": [3],
        "00280100": [8],
        "00280004": [photometric],
      }),
    );
  expect(jpeg("YBR_FULL_422")).toBe("here");
  expect(jpeg("RGB")).toBe("server");
});

test("a sixteen-bit colour table is read as little endian", () => {
  const table = btoa(String.fromCharCode(0x00, 0x01, 0xff, 0xff));
  const read = withPalette({ "00281101": element(2, 0, 16), "00281201": { vr: "OW", InlineBinary: table } });
  expect(read["00281201"]?.Value).toEqual([256, 65535]);
});

const cut = (z: number, more = {}) => ({
  frame: 1,
  json: {
    "00080060": { Value: ["CT"] },
    "00280002": { Value: [1] },
    "00280010": { Value: [512] },
    "00280011": { Value: [512] },
    "00200037": { Value: [1, 0, 0, 0, 1, 0] },
    "00200032": { Value: [0, 0, z] },
    ...more,
  } as never,
});

test("even slices of one direction are a volume; a gap, two sizes or a film are none", () => {
  const even = [0, 5, 10, 15].map((z) => cut(z));
  expect(whyNoVolume(even, false)).toBe("");
  expect(whyNoVolume(even, true)).toBe("mprNeedsGpu");
  expect(whyNoVolume(even.slice(2), false)).toBe("mprNeedsVolume");
  expect(
    whyNoVolume(
      [0, 5, 15, 20].map((z) => cut(z)),
      false,
    ),
  ).toBe("mprNeedsVolume");
  expect(whyNoVolume([...even.slice(1), cut(20, { "00280010": { Value: [256] } })], false)).toBe(
    "mprNeedsVolume",
  );
  expect(
    whyNoVolume(
      even.map((one) => ({ ...one, frame: 2 })),
      false,
    ),
  ).toBe("mprNeedsVolume");
  const wide = { "00280010": { Value: [8192] }, "00280011": { Value: [16384] } };
  expect(
    whyNoVolume(
      [0, 5, 10, 15].map((z) => cut(z, wide)),
      false,
    ),
  ).toBe("mprTooLarge");
});

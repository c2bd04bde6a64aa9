import { expect, test } from "vitest";
import { actFor, KEY_LIST, type Press } from "../src/reading/keys";
import { zh } from "../src/i18n/zh";

const PRESS: Press = {
  code: "",
  ctrl: false,
  shift: false,
  alt: false,
  meta: false,
  repeat: false,
  typing: false,
  pressable: false,
  composing: false,
};
const press = (more: Partial<Press>) => actFor({ ...PRESS, ...more });

test("letters act by their place on the keyboard", () => {
  expect(press({ code: "KeyW" })).toBe("window");
  expect(press({ code: "KeyO" })).toBe("overlay");
});

test("no letter acts while text is written", () => {
  for (const code of ["KeyW", "KeyT", "Space", "Backspace", "ArrowUp", "Slash"])
    expect(press({ code, typing: true })).toBeNull();
});

test("Ctrl+Enter signs, also while text is written, and once for a held key", () => {
  expect(press({ code: "Enter", ctrl: true, typing: true })).toBe("sign");
  expect(press({ code: "NumpadEnter", ctrl: true })).toBe("sign");
  expect(press({ code: "Enter", ctrl: true, repeat: true })).toBeNull();
});

test("nothing acts while an input method composes, signing least of all", () => {
  expect(press({ code: "Enter", ctrl: true, typing: true, composing: true })).toBeNull();
  expect(press({ code: "KeyW", composing: true })).toBeNull();
});

test("Enter alone never signs", () => {
  expect(press({ code: "Enter" })).toBeNull();
  expect(press({ code: "Enter", typing: true })).toBeNull();
});

test("no two keys differ by Shift alone", () => {
  for (const code of ["KeyW", "KeyD", "KeyI", "Space"]) expect(press({ code, shift: true })).toBeNull();
  expect(press({ code: "Slash", shift: true })).toBe(press({ code: "Slash" }));
});

test("the browser keeps its own chords", () => {
  for (const code of ["KeyA", "KeyC", "KeyR", "KeyW"]) expect(press({ code, ctrl: true })).toBeNull();
});

test("Space presses a focused button and does not reset the picture then", () => {
  expect(press({ code: "Space", pressable: true })).toBeNull();
  expect(press({ code: "Space" })).toBe("reset");
});

test("a held arrow scrolls on, a held letter acts once", () => {
  expect(press({ code: "ArrowDown", repeat: true })).toBe("nextImage");
  expect(press({ code: "KeyI", repeat: true })).toBeNull();
});

test("the list of keys names each with a text that exists", () => {
  for (const line of KEY_LIST) expect(zh[line.text]).toBeTruthy();
});

test("! tells of a critical value and 1 grades the picture; neither acts in a field", () => {
  expect(press({ code: "Digit1", shift: true })).toBe("critical");
  expect(press({ code: "Digit1" })).toBe("gradeA");
  expect(press({ code: "Digit1", shift: true, typing: true })).toBeNull();
  expect(press({ code: "Digit1", shift: true, repeat: true })).toBeNull();
});

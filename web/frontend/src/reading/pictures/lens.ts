/** A magnifier: while the left button is held, a round glass shows what lies under the pointer larger. */

const SIZE = 240;
const TIMES = 3;

/** Puts the glass over `screen`; it opens only while `isChosen()`. `canvas` is what the viewport draws on. */
export function lens(screen: HTMLElement, canvas: () => HTMLCanvasElement, isChosen: () => boolean): void {
  const glass = document.createElement("canvas");
  glass.className = "vp-lens";
  glass.width = glass.height = SIZE * devicePixelRatio;
  glass.hidden = true;
  const show = (event: PointerEvent) => {
    const box = screen.getBoundingClientRect();
    const at: [number, number] = [event.clientX - box.left, event.clientY - box.top];
    glass.style.left = `${at[0] - SIZE / 2}px`;
    glass.style.top = `${at[1] - SIZE / 2}px`;
    draw(glass, canvas(), at, box.width);
  };
  screen.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !isChosen()) return;
    if (!glass.isConnected) screen.append(glass);
    glass.hidden = false;
    show(event);
  });
  screen.addEventListener("pointermove", (event) => void (glass.hidden || show(event)));
  for (const name of ["pointerup", "pointercancel", "pointerleave"])
    screen.addEventListener(name, () => void (glass.hidden = true));
}

function draw(glass: HTMLCanvasElement, from: HTMLCanvasElement, at: [number, number], width: number): void {
  const pen = glass.getContext("2d");
  if (!pen) return;
  const scale = from.width / width;
  const side = (SIZE / TIMES) * scale;
  pen.fillRect(0, 0, glass.width, glass.height);
  pen.drawImage(
    from,
    at[0] * scale - side / 2,
    at[1] * scale - side / 2,
    side,
    side,
    0,
    0,
    glass.width,
    glass.height,
  );
}

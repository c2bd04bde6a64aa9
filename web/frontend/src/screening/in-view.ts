/** Tells when a drawing has really been looked at: whole enough on the screen, for long enough, and loaded. */

/** Share of a drawing that has to be on the screen, and for how long without a break. */
const SHARE = 0.6;
const LOOK_MS = 1000;

/** Calls `seen` once for each image of `images` that was in view; a page in the background shows nothing. */
export function watchInView(
  images: Iterable<HTMLImageElement>,
  seen: (image: HTMLImageElement) => void,
  covered: number,
): void {
  const visible = new Set<HTMLImageElement>();
  const timers = new Map<HTMLImageElement, number>();
  const stop = (image: HTMLImageElement) => {
    clearTimeout(timers.get(image));
    timers.delete(image);
  };
  const look = (image: HTMLImageElement) => {
    stop(image);
    if (!visible.has(image) || document.hidden || !image.complete || !image.naturalWidth) return;
    timers.set(
      image,
      window.setTimeout(() => {
        observer.unobserve(image);
        visible.delete(image);
        seen(image);
      }, LOOK_MS),
    );
  };
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const image = entry.target as HTMLImageElement;
        const enough = entry.intersectionRatio >= SHARE;
        if (enough === visible.has(image)) continue;
        if (enough) visible.add(image);
        else visible.delete(image);
        look(image);
      }
    },
    { threshold: [0, SHARE, 1], rootMargin: `-${covered}px 0px 0px 0px` },
  );
  for (const image of images) {
    image.addEventListener("load", () => look(image));
    observer.observe(image);
  }
  document.addEventListener("visibilitychange", () => visible.forEach(look));
}

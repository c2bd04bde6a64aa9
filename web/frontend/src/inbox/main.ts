/** The township's inbox: printing, and rows that open when they are tapped anywhere. */
for (const button of document.querySelectorAll<HTMLElement>("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

document.querySelector(".table")?.addEventListener("click", (event) => {
  const target = event.target as HTMLElement;
  if (target.closest("a, button, input, select")) return;
  const href = target.closest<HTMLElement>("tr[data-href]")?.dataset["href"];
  if (href) location.assign(href);
});

const NOTICES_MS = 20_000;
const notices = document.getElementById("critical-notices");

/** Critical notices come without a reload; what the line swallows is asked for again. */
async function freshNotices(place: HTMLElement): Promise<void> {
  if (document.hidden) return;
  try {
    const answer = await fetch("/inbox/notices", { headers: { "X-Requested-With": "fetch" } });
    if (answer.ok) place.innerHTML = await answer.text();
  } catch {
    return;
  }
}

if (notices) {
  setInterval(() => void freshNotices(notices), NOTICES_MS);
  document.addEventListener("visibilitychange", () => void freshNotices(notices));
}

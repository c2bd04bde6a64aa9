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

/** The login page: says when Caps Lock is on. */
const hint = document.querySelector<HTMLElement>("[data-caps-lock]");
const password = document.querySelector<HTMLInputElement>("input[name=password]");

password?.addEventListener("keyup", (event) => {
  if (hint) hint.hidden = !event.getModifierState("CapsLock");
});

/** Logging out takes the person's unsaved words from this machine; it asks first when there are any. */
import { confirmed } from "../dom/dialog";
import { t } from "../i18n";

const PREFIX = "readhub.unsaved.";

/** The keys under which a person's words are kept here. */
export function unsavedOf(store: Storage, username: string): string[] {
  const mine = `${PREFIX}${encodeURIComponent(username)}.`;
  return Array.from({ length: store.length }, (_, at) => store.key(at) ?? "").filter((key) =>
    key.startsWith(mine),
  );
}

/** Watches the log-out form. */
export function watchLogout(): void {
  const form = document.querySelector<HTMLFormElement>('form[action="/logout"]');
  form?.addEventListener("submit", (event) => {
    const keys = unsavedOf(localStorage, form.dataset["user"] ?? "");
    if (keys.length === 0) return;
    event.preventDefault();
    void confirmed(t("logout"), t("logoutUnsaved", { n: keys.length }), t("logout"), "danger").then(
      (sure) => {
        if (!sure) return;
        for (const key of keys) localStorage.removeItem(key);
        form.submit();
      },
    );
  });
}

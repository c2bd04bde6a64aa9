/** Keeps unsaved words on this machine until the server has them; nothing stays after that. */
import type { Text } from "../contract";

export interface Kept {
  text: Text;
  base: number;
  at: string;
}

/** One person's unsaved words for one study. */
export class SafetyNet {
  private readonly key: string;

  constructor(
    private readonly store: Storage,
    user: string,
    study: string | number,
  ) {
    this.key = `readhub.unsaved.${encodeURIComponent(user)}.${study}`;
  }

  keep(text: Text, base: number): void {
    try {
      this.store.setItem(this.key, JSON.stringify({ text, base, at: new Date().toISOString() }));
    } catch {
      // A full or forbidden store must not stop the typing; the server still gets the words.
    }
  }

  /** The kept words, or null when there are none or they cannot be read. */
  kept(): Kept | null {
    try {
      const found = JSON.parse(this.store.getItem(this.key) ?? "null") as Kept | null;
      return found && typeof found.text?.findings === "string" ? found : null;
    } catch {
      return null;
    }
  }

  forget(): void {
    this.store.removeItem(this.key);
  }
}

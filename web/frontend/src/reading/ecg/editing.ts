/** What this reader sets on the case's ECGs: kept with the study, one change after the other. */
import { toast } from "../../dom/toast";
import { t } from "../../i18n";
import type { Api, EditSaved } from "../api";
import type { Case, EcgEdit } from "../contract";
import { editOf, type Marks, withoutMoved } from "./measured-values";

export interface EditingHost {
  /** Kept; `before` and `after` are what the models' values suggest to write. */
  saved(answer: EditSaved, before: Case["suggestion"]): void;
  expired(): void;
}

export class Editing {
  private readonly watchers: (() => void)[] = [];
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly data: Case,
    private readonly api: Api,
    private readonly host: EditingHost,
  ) {}

  /** Why nothing may be set, or "". */
  get why(): string {
    return this.data.rights.write ? "" : this.data.rights.why || t("signRefused");
  }

  /** Calls `act` after every change, also one that was refused. */
  watch(act: () => void): void {
    this.watchers.push(act);
  }

  of(instance: string): EcgEdit | null {
    return editOf(this.data, instance);
  }

  /** Sets one value; null gives it back to the machine. */
  type(instance: string, name: string, value: number | null): void {
    this.change(instance, (edit) => {
      const { [name]: _old, ...typed } = edit.typed;
      return { ...edit, typed: value === null ? typed : { ...typed, [name]: value } };
    });
  }

  /** Sets all marks after `moved` was moved. */
  place(instance: string, marks: Marks, moved: string): void {
    this.change(instance, (edit) => ({
      marks,
      moved: [...new Set([...edit.moved, moved])],
      typed: withoutMoved(edit.typed, moved),
    }));
  }

  /** The machine's values again. */
  undo(instance: string): void {
    this.change(instance, () => ({ ...NOTHING }));
  }

  private change(instance: string, make: (edit: Wanted) => Wanted): void {
    this.queue = this.queue.then(() => this.save(instance, make));
  }

  private async save(instance: string, make: (edit: Wanted) => Wanted) {
    const last = this.of(instance);
    const { marks, moved, typed } = last ?? NOTHING;
    const wanted = make({ marks, moved, typed });
    const answer = await this.api.saveEcgEdit(instance, last?.version ?? 0, wanted);
    if (answer.kind === "ok") {
      const before = this.data.suggestion;
      this.data.ecgEdits = [
        ...(this.data.ecgEdits ?? []).filter((one) => one.instance !== instance),
        answer.body.edit,
      ];
      this.data.suggestion = answer.body.suggestion;
      this.host.saved(answer.body, before);
    } else if (answer.kind === "expired") this.host.expired();
    else
      toast(answer.kind === "refused" ? (answer.body.message ?? t("signRefused")) : t("editOffline"), "bad");
    for (const act of this.watchers) act();
  }
}

const NOTHING: Wanted = { marks: {}, moved: [], typed: {} };

export interface Wanted {
  marks: Marks;
  moved: string[];
  typed: Record<string, number>;
}

import type { Data, Store } from "../store/model.ts";
import type { NewAuditEntry } from "../store/tables.ts";

/** An entry without what is known only where it is written. */
export type AuditDraft = Omit<NewAuditEntry, "seq" | "id" | "at">;

/** Makes ids and tells the time. */
interface Stamps {
  next(prefix: "audit_"): string;
  nowMs(): number;
}

/**
 * A store for one request: its first change that is kept is on record in the same transaction, so that there is never one
 * without the other. Later changes of the same request belong to the same entry.
 */
export class AuditedStore implements Store {
  readonly #store: Store;
  readonly #ids: Stamps;
  #draft: AuditDraft;
  #isSettled = false;

  constructor(store: Store, ids: Stamps, draft: AuditDraft) {
    this.#store = store;
    this.#ids = ids;
    this.#draft = draft;
  }

  /** Says that the request changes nothing after all: it only asks what a change would do. */
  skip(): void {
    this.#isSettled = true;
  }

  /** Says what it is about, where neither the address nor the answer does. */
  about(targetId: string): void {
    this.#draft = { ...this.#draft, target_id: targetId };
  }

  /** For a request that has done something and has written nothing itself. */
  async settle(): Promise<void> {
    if (!this.#isSettled) await this.write(() => Promise.resolve(null));
  }

  async write<T>(work: (data: Data) => Promise<T>): Promise<T> {
    const value = await this.#store.write(async (data) => {
      const made = await work(data);
      // Such as the deletion of what is not there, which is no failure either.
      if (!this.#isSettled && made !== false) await data.audit.append(this.#entry(made));
      return made;
    });
    this.#isSettled = true;
    return value;
  }

  #entry(made: unknown): NewAuditEntry {
    const id = this.#ids.next("audit_");
    const at = new Date(this.#ids.nowMs()).toISOString();
    return { id, at, ...this.#draft, target_id: this.#draft.target_id ?? idIn(made) };
  }

  read<T>(work: (data: Data) => Promise<T>): Promise<T> {
    return this.#store.read(work);
  }

  copyTo(file: string): Promise<void> {
    return this.#store.copyTo(file);
  }

  takesWrites(): Promise<boolean> {
    return this.#store.takesWrites();
  }

  onGrowth(listener: () => void): void {
    this.#store.onGrowth(listener);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** The id of what was made: as an object, or as the text of an answer that may be given again. */
function idIn(made: unknown): string | null {
  if (typeof made !== "object" || made === null) return null;
  if ("id" in made && typeof made.id === "string") return made.id;
  if ("row" in made) return idIn(made.row);
  if (!("text" in made) || typeof made.text !== "string") return null;
  return idIn(JSON.parse(made.text) as unknown);
}

/**
 * Tells whether the database is the one that was served last, or an earlier state of it (reliability I34).
 *
 * Two witnesses: a backup says in itself that it is one, and beside the data file stands a note of how far its log had
 * come, so that a copy that was put back by other means is found out, too. The note is written after the commit it speaks
 * of and never waited for: it may be behind, and then it accuses nobody. An earlier state means that events are lost which
 * somebody may have read; that is put on record, so that their cursors are refused with the reason.
 */
import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Runtime } from "@dirsync/sdk";
import { lowestIdAt, type Ids } from "./ids.ts";
import type { Data, Store } from "./store/model.ts";
import type { InstanceRow } from "./store/tables.ts";

/** What the lineage is kept of. */
export interface LineageOptions {
  readonly dataFile: string;
  readonly store: Store;
  readonly ids: Ids;
  readonly runtime: Runtime;
  /** Of the keys that secrets are read with; that of the one that seals is first. */
  readonly keyFingerprints: readonly string[];
}

/** How far the log had come, as the note beside the data file says. */
interface Note {
  readonly instance_id: string;
  readonly generation: number;
  readonly head_seq: number;
}

/** The note need not be newer: what is put back is older than that. */
const noteEveryMs = 1_000;

/** Keeps the note beside the data file. */
export class Lineage {
  readonly #options: LineageOptions;
  readonly #instance: InstanceRow;
  #timer: NodeJS.Timeout | null = null;

  private constructor(options: LineageOptions, instance: InstanceRow) {
    this.#options = options;
    this.#instance = instance;
  }

  /** Begins another generation, and puts on record what was lost if this is an earlier state. */
  static async open(options: LineageOptions): Promise<Lineage> {
    const { store, runtime } = options;
    const note = readNote(options.dataFile);
    const { instance, cause, lastEventId, otherKey } = await store.write((data) => begin(data, options, note));
    if (cause !== null) {
      runtime.log.warn(
        { cause, last_event_id: lastEventId },
        "this database is an earlier state of what was served: events after last_event_id are lost, and readers that have them are told",
      );
    }
    if (otherKey !== null) {
      runtime.log.warn(
        { sealed_with: otherKey, key: options.keyFingerprints[0] },
        "the encryption key is not the one this database was served with: secrets that were sealed with that one cannot be read",
      );
    }
    const lineage = new Lineage(options, instance);
    await lineage.#write();
    store.onGrowth(() => lineage.#writeSoon());
    return lineage;
  }

  /** The last note. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#write();
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#write();
    }, noteEveryMs).unref();
  }

  async #write(): Promise<void> {
    const { dataFile, store, runtime } = this.#options;
    if (dataFile === ":memory:") return;
    try {
      const head = await store.read((data) => data.log.headSeq());
      const { instance_id, generation } = this.#instance;
      const note: Note = { instance_id, generation, head_seq: head };
      const file = noteFileOf(dataFile);
      writeFileSync(`${file}.new`, `${JSON.stringify(note)}\n`, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch (error) {
      // Without it a backup still says that it is one.
      runtime.log.warn({ reason: String(error) }, "the note beside the data file could not be written");
    }
  }
}

interface Beginning {
  readonly instance: InstanceRow;
  /** Why the log counts as put back; null when it does not. */
  readonly cause: "backup" | "older_file" | null;
  readonly lastEventId: string | null;
  /** Fingerprint of the key it was served with, where that was another. */
  readonly otherKey: string | null;
}

async function begin(data: Data, options: LineageOptions, note: Note | null): Promise<Beginning> {
  const { ids, keyFingerprints } = options;
  const [keyFingerprint = ""] = keyFingerprints;
  const before = await data.lineage.find();
  const instanceId = before?.instance_id ?? randomUUID();
  const own = note?.instance_id === instanceId ? note : null;
  const cause = before === undefined ? null : causeOf(before, await data.log.headSeq(), own);
  const lastEventId = await data.log.newestId();
  if (cause !== null) {
    const nowMs = ids.nowMs();
    const lostBelowId = lowestIdAt("event_", nowMs);
    await data.lineage.addRestore({
      restored_at: new Date(nowMs).toISOString(),
      last_event_id: lastEventId,
      lost_below_id: lostBelowId,
    });
    const nothing = { actor_id: null, request_id: null, user_agent: null };
    const restored = { ...nothing, actor_type: "server", action: "log.restored", target_id: lastEventId };
    await data.audit.append({ id: ids.next("audit_"), at: new Date(nowMs).toISOString(), ...restored });
  }
  const instance: InstanceRow = {
    id: 1,
    instance_id: instanceId,
    generation: Math.max(before?.generation ?? 0, own?.generation ?? 0) + 1,
    key_fingerprint: keyFingerprint,
    backup_made_at: null,
    last_backup_at: before?.last_backup_at ?? null,
  };
  await data.lineage.save(instance);
  const isKnown = before === undefined || keyFingerprints.includes(before.key_fingerprint);
  const otherKey = isKnown ? null : before.key_fingerprint;
  return { instance, cause, lastEventId, otherKey };
}

function causeOf(before: InstanceRow, headSeq: number, note: Note | null): Beginning["cause"] {
  if (before.backup_made_at !== null) return "backup";
  if (note === null) return null;
  return before.generation < note.generation || headSeq < note.head_seq ? "older_file" : null;
}

function noteFileOf(dataFile: string): string {
  return `${dataFile}.lineage`;
}

/** Null where there is none, or none that can be read: it was cut short by a crash, or is somebody else's. */
function readNote(dataFile: string): Note | null {
  if (dataFile === ":memory:") return null;
  try {
    const found = JSON.parse(readFileSync(noteFileOf(dataFile), "utf8")) as Partial<Note>;
    const { instance_id, generation, head_seq } = found;
    if (typeof instance_id !== "string" || !Number.isFinite(generation) || !Number.isFinite(head_seq)) return null;
    return { instance_id, generation: Number(generation), head_seq: Number(head_seq) };
  } catch {
    return null;
  }
}

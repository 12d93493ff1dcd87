import type { InstanceRow, NewLogRestore } from "./tables.ts";

/** Which database this is, and when its log was put back to an earlier state. */
export interface Lineage {
  find(): Promise<InstanceRow | undefined>;
  save(row: InstanceRow): Promise<void>;
  setLastBackup(at: string): Promise<void>;
  /**
   * Puts a restored log on record, and goes on at places that the lost part cannot have used: receivers of webhooks may
   * drop what has a lower place than what they have seen.
   */
  addRestore(row: NewLogRestore): Promise<void>;
  /** When the event with this id was lost; null when no restored log can have had it. */
  lossOf(eventId: string): Promise<LostEvent | null>;
}

/** Why an event that was in the log is not there any more. */
export interface LostEvent {
  readonly restoredAt: string;
  /** The newest event before it that is still there; null when there is none. */
  readonly lastEventId: string | null;
}

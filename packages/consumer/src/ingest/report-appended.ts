import type { Runtime } from "@dirsync/sdk";
import type { Appended } from "../journal/model.ts";
import type { Fact } from "../fact.ts";
import type { Cursor } from "../model.ts";

/** Where a page was read, and who is told of it. */
export interface Report {
  /** The cursor it was read after. */
  readonly after: Cursor | null;
  readonly runtime: Runtime;
  readonly onFact: ((fact: Fact) => void) | undefined;
}

/** Says that upstream was read on from elsewhere. */
export function reportDetour({ after, runtime }: Omit<Report, "onFact">): void {
  runtime.log.warn({ cursor: after }, "upstream did not go on from the cursor; its list does, and was followed");
}

/** Says what an append did, as far as anybody should know. */
export function reportAppended(appended: Appended, { after, runtime, onFact }: Report): void {
  const { cursor, count, lateCount, refusedCount, unknownTypes } = appended;
  runtime.log.debug({ count, cursor }, "read a page");
  if (lateCount > 0) {
    runtime.log.warn({ count: lateCount }, "events came later than their place in the log; they were taken");
    onFact?.({ kind: "late", count: lateCount });
  }
  if (unknownTypes.length > 0) {
    const advice = "upstream has events of types that this version does not know; onUnknownEvent says what sinks get";
    runtime.log.warn({ types: unknownTypes.join(", ") }, advice);
  }
  if (refusedCount > 0) {
    const advice = "upstream listed what is no event; see: dirsync dead-letters list";
    runtime.log.error({ count: refusedCount, after: after }, advice);
    onFact?.({ kind: "refused", count: refusedCount });
  }
}

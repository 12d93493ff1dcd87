import { timeOf } from "../ids.ts";
import type { Ids } from "../ids.ts";
import type { Data, NewEvent } from "../store/model.ts";
import type { UncountedDirectory } from "../store/tables.ts";
import { inTurns } from "../turns.ts";
import { toEvent } from "./to-event.ts";
import type { Change } from "./to-event.ts";

/**
 * Writes the events of changes of a directory to the log, inside the write that makes the changes. One change of a large
 * group, or an import, has as many events as people.
 */
export async function append(
  data: Data,
  ids: Ids,
  { directory, changes }: { directory: UncountedDirectory; changes: readonly Change[] },
): Promise<void> {
  await inTurns(changes, (some) => data.log.append(some.map((change) => newEvent(ids, directory, change))));
}

function newEvent(ids: Ids, directory: UncountedDirectory, change: Change): NewEvent {
  const id = ids.next("event_");
  const { name, data: payload } = toEvent(change, directory);
  // The time inside the id, so that a range of time is a range of ids.
  const createdAt = new Date(timeOf(id)).toISOString();
  // Of what is in quotation marks here nothing needs an escape.
  const body = `{"object":"event","id":"${id}","event":"${name}","data":${payload},"created_at":"${createdAt}","context":{}}`;
  return { id, name, organization_seq: directory.organization_seq, body };
}

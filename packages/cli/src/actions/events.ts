import { ConfigError, subscribableEventNames } from "@dirsync/sdk";
import { entityOf } from "@dirsync/consumer";
import type { Context } from "../context.ts";
import { connect, type GetFlags, given, type ListFlags, printList, printOne } from "./listing.ts";
import { list } from "../settings/kinds.ts";
import { eventName, time } from "../settings/start.ts";
import { wrongUsage } from "../wrong-usage.ts";

/** Flags of `dirsync events get`. */
export interface GetEventFlags extends GetFlags {
  readonly from?: string;
}

/** Flags of `dirsync events list`. */
export interface ListEventsFlags extends ListFlags {
  readonly events?: string;
  readonly after?: string;
  readonly from?: string;
  readonly organization?: string;
}

/** Lists events, oldest first. */
export async function listEvents(flags: ListEventsFlags, context: Context): Promise<number> {
  if (flags.after !== undefined && flags.from !== undefined) {
    throw wrongUsage("--after and --from exclude each other: the service takes only one.");
  }
  const filters = {
    events: namesOf(flags.events) ?? subscribableEventNames,
    ...given({ after: flags.after, range_start: timeOf(flags.from), organization_id: flags.organization }),
  };
  return await printList((await connect(flags, context)).events.list(filters), {
    flags,
    context,
    nothing: "No events.",
    columns: [
      { heading: "ID", cell: (event) => event.id },
      { heading: "CREATED AT", cell: (event) => event.created_at },
      { heading: "EVENT", cell: (event) => event.event },
      { heading: "ABOUT", cell: (event) => entityOf(event) },
    ],
  });
}

/** Shows one event. The service has no call for that, so the log is read until it turns up. */
export async function getEvent(id: string, flags: GetEventFlags, context: Context): Promise<number> {
  const filters = { events: subscribableEventNames, ...given({ range_start: timeOf(flags.from) }) };
  for await (const event of (await connect(flags, context)).events.list(filters)) {
    if (event.id === id) return printOne(event, flags, context);
  }
  throw new ConfigError(`The log has no directory event ${id}; it may be older than the log is kept.`, {
    where: "<id>",
  });
}

/** An ISO time in UTC; absent when it was not asked for. */
function timeOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const reading = time(text);
  if ("value" in reading) return reading.value;
  throw wrongUsage(`--from ${reading.mistake}.`);
}

function namesOf(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const reading = list(eventName, "names").read(text);
  if ("value" in reading) return reading.value;
  throw wrongUsage(`--events ${reading.mistake}.`);
}

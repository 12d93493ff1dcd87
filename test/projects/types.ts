/** What the compiler must know, and must refuse. Compiled, never run. */
import { type DirectoryEvent, DirectorySync, type EventOf, isKnownEventName, type KnownEvent } from "@dirsync/sdk";
import { eventDataSchemas, knownEventSchema } from "@dirsync/sdk/schemas";
import { verify } from "@dirsync/sdk/webhooks";

/** An event by its name has the data of that name. */
export function describe(event: EventOf<"dsync.user.updated">): string {
  // @ts-expect-error -- an id is text
  const wrong: number = event.data.id;
  return `${event.data.email?.toLowerCase() ?? "nobody"} ${wrong}`;
}

/** A switch knows the data of each event, and which name has no case. */
export function tell(event: DirectoryEvent): string {
  const known: KnownEvent = knownEventSchema.parse(event);
  switch (known.event) {
    case "dsync.user.deleted":
      return known.data.email ?? "nobody";
    case "dsync.group.deleted":
      // @ts-expect-error -- groups have no address
      return known.data.email satisfies string;
    default:
      // @ts-expect-error -- ten names are left
      return known satisfies never;
  }
}

/** Any event has open data. */
export function parse(event: DirectoryEvent): unknown {
  // @ts-expect-error -- what it is must be found out first
  const wrong: string = event.data["email"];
  return isKnownEventName(event.event) ? eventDataSchemas[event.event].safeParse(event.data) : wrong;
}

/** Options and arguments are checked. */
export async function misuse(): Promise<string> {
  // @ts-expect-error -- there is no such option
  const client = new DirectorySync({ apiToken: "sk_test" });
  // @ts-expect-error -- the names are required: the service has no "all"
  await client.events.page({});
  // @ts-expect-error -- an order that cursors cannot follow
  client.events.iterate({ events: ["dsync.deleted"], order: "desc" });
  // @ts-expect-error -- the header is missing
  verify({ payload: "", secret: "" });
  const user = await client.users.get("directory_user_1");
  // @ts-expect-error -- somebody may have no address
  const wrong: string = user.email;
  return wrong;
}

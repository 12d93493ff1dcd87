/** The log of a simulated service. */
import { between, oneOf, type Random } from "../../support/random.ts";

/** An event as the service keeps it. */
export interface SimEvent {
  readonly object: "event";
  readonly id: string;
  readonly event: string;
  readonly created_at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What decides about the content of a log. */
export interface LogPlan {
  readonly events: number;
  readonly directories: number;
}

/** Draws what happens in a company; the times are put in when it happens. */
export function drawLog({ events, directories }: LogPlan, random: Random): readonly Omit<SimEvent, "created_at">[] {
  return Array.from({ length: events }, (_, index) => ({
    object: "event" as const,
    id: `event_${String(index + 1).padStart(4, "0")}`,
    ...happening(between(random, 1, directories), random),
  }));
}

type Happening = Pick<SimEvent, "event" | "data">;

function happening(directory: number, random: Random): Happening {
  const kind = random();
  const within = { directory_id: `directory_${directory}`, organization_id: `org_${1 + (directory % 2)}` };
  const user = { ...within, id: `user_${directory}_${between(random, 1, 3)}`, state: "active" };
  const group = { ...within, id: `group_${directory}_${between(random, 1, 2)}`, name: "Sales" };
  if (kind < 0.06) {
    const data = { id: within.directory_id, organization_id: within.organization_id, state: "linked" };
    return { event: random() < 0.5 ? "dsync.activated" : "dsync.deleted", data };
  }
  if (kind < 0.28) return { event: `dsync.group.${change(random)}`, data: group };
  if (kind < 0.5) {
    // As the service sends it: a membership names its directory, and its organization only within its user and group.
    const event = random() < 0.5 ? "dsync.group.user_added" : "dsync.group.user_removed";
    return { event, data: { directory_id: within.directory_id, user, group } };
  }
  return { event: `dsync.user.${change(random)}`, data: user };
}

function change(random: Random): string {
  return oneOf(random, ["created", "updated", "updated", "deleted"]) ?? "created";
}

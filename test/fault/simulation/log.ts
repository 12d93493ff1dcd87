/** The log of a simulated service. */
import { between, oneOf, type Random } from "../../support/random.ts";
import type { LaneBy } from "@dirsync/consumer";

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

function happening(directory: number, random: Random): Pick<SimEvent, "event" | "data"> {
  const data = { directory_id: `directory_${directory}`, organization_id: `org_${1 + (directory % 2)}` };
  const number = between(random, 1, 3);
  if (random() < 0.25) {
    const event = oneOf(random, ["created", "updated", "deleted"]) ?? "created";
    return { event: `dsync.group.${event}`, data: { ...data, id: `group_${directory}_${number}`, name: "Sales" } };
  }
  const event = oneOf(random, ["created", "updated", "updated", "deleted"]) ?? "created";
  return { event: `dsync.user.${event}`, data: { ...data, id: `user_${directory}_${number}`, state: "active" } };
}

/** What an event is about; a later event about the same replaces it. */
export function subjectOf({ data }: Pick<SimEvent, "data">): string {
  return String(data["id"]);
}

/** What an event is ordered by; null when by nothing. */
export function laneOf({ data }: Pick<SimEvent, "data">, by: LaneBy): string | null {
  switch (by) {
    case "directory":
      return String(data["directory_id"]);
    case "organization":
      return String(data["organization_id"]);
    case "user":
    case "group":
      throw new Error(`The simulation does not know how events are ordered by ${by}.`);
    case "none":
      return null;
    default:
      return by satisfies never;
  }
}

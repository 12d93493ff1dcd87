import { registerResource } from "./resource.ts";

const actions = () => import("../actions/events.ts");

/** `dirsync events list|get`. */
export const registerEvents = registerResource({
  name: "events",
  singular: "event",
  plural: "events",
  order: "oldest first",
  exampleId: "event_01J…",
  listExamples: [["since this morning", "dirsync events list --from 2026-01-31T09:00:00Z"]],
  listFilters: (list) =>
    list
      .option("--events <names>", "only these event names, separated by commas (default: all dsync events)")
      .option("--after <event-id>", "only those after this event")
      .option("--from <time>", "only those from this ISO time on")
      .option("--organization <id>", "only of this organization"),
  getFilters: (get) => get.option("--from <time>", "look from this ISO time on (default: the start of the log)"),
  list: async (flags, context) => (await actions()).listEvents(flags, context),
  get: async (id, flags, context) => (await actions()).getEvent(id, flags, context),
});

import type { Context } from "../context.ts";
import { connect, given, type ListFlags, printList } from "./listing.ts";

/** Flags of `dirsync audit`. */
export interface AuditFlags extends ListFlags {
  readonly target?: string;
  readonly action?: string;
}

/** Lists what was changed by the API. */
export async function audit(flags: AuditFlags, context: Context): Promise<number> {
  const filters = given({ target: flags.target, action: flags.action });
  return await printList((await connect(flags, context)).auditLog.list(filters), {
    flags,
    context,
    nothing: "Nothing was changed.",
    columns: [
      { heading: "TIME", cell: (entry) => entry.created_at },
      {
        heading: "BY",
        cell: ({ actor }) => [actor.type, actor.id].filter((part) => typeof part === "string").join(" "),
      },
      { heading: "ACTION", cell: (entry) => entry.action },
      { heading: "TARGET", cell: (entry) => entry.target_id },
      { heading: "WITH", cell: (entry) => entry.user_agent },
      { heading: "REQUEST", cell: (entry) => entry.request_id },
    ],
  });
}

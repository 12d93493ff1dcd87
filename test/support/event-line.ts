import type { LogEvent } from "./event-log.ts";

interface Facts {
  readonly object?: string;
  readonly email?: string;
  readonly name?: string;
  readonly custom_attributes?: { readonly job_title?: string };
}

/** An event in one line without ids: what happened, to whom, and the number its writer gave the change. */
export function tell({ event, data }: LogEvent): string {
  const { user, group } = data as { readonly user?: Facts; readonly group?: Facts };
  if (user !== undefined && group !== undefined) return `${event} ${String(group.name)} ${String(user.email)}`;
  const { object, email, name, custom_attributes } = data as Facts;
  if (object !== "directory_user") return `${event} ${String(name)}`;
  return `${event} ${String(email)} ${String(custom_attributes?.job_title)}`;
}

/** Name of the writer that caused an event; null for events about the directory itself. */
export function writerOf(event: LogEvent): string | null {
  return / (\w+)-[ug]\d+/u.exec(tell(event))?.[1] ?? null;
}

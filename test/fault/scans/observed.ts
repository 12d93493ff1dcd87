import type { Journal } from "@dirsync/consumer";

const writes: ReadonlySet<string> = new Set("append move release settle conclude".split(" "));

/** A journal that says when a transaction about the mirror has ended, and that is gone for a process that was killed. */
export function observed(journal: Journal, killed: AbortSignal, onWritten: (name: string) => void): Journal {
  const observe = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (object, name) => {
        const member: unknown = Reflect.get(object, name, object);
        if (name === "scans") return observe(member as object);
        if (typeof member !== "function") return member;
        return async (...given: unknown[]): Promise<unknown> => {
          await unlessKilled(killed);
          const result: unknown = await Reflect.apply(member, object, given);
          if (writes.has(String(name))) onWritten(String(name));
          return result;
        };
      },
    });
  return observe(journal);
}

/** Resolves at once, and never for a process that was killed. */
export async function unlessKilled(killed: AbortSignal): Promise<void> {
  if (killed.aborted) await new Promise<never>(() => undefined);
}

/**
 * The environment of a tail that reads the log from here on. Not `now`: that is the service's time, rounded down to the second
 * in which everybody may just have been hired.
 */
export function fromHere(): Readonly<Record<string, string>> {
  return { DIRSYNC_FROM: new Date(Date.now() + 1).toISOString(), DIRSYNC_POLL: "100ms" };
}

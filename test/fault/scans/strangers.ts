import type { Upstream } from "./upstream.ts";

/**
 * Somebody whom only the lists show comes, and goes again, with a scan of one process after each, while the log is silent:
 * nothing but the scan itself can know that there is somebody to look for.
 */
export async function passBy(upstream: Upstream, scan: (told: string) => Promise<void>): Promise<void> {
  if (upstream.state.directories.size === 0) return;
  // Lists that are behind would show the end of a directory after the stranger came to it, and nobody would be left of it.
  await upstream.settle();
  const stranger = upstream.stranger();
  for (const happening of ["created", "deleted"]) {
    upstream.changeUntold(`dsync.user.${happening}`, stranger);
    await scan(`somebody ${happening} untold`);
  }
}

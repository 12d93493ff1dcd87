import type { Journal } from "@dirsync/consumer";
import type { SimulatedClock } from "../simulation/clock.ts";

/** People look after what waits for them now and then. */
const lookMs = 2_000;

/** Lets deletions go on that wait, until `signal` is aborted. */
export async function approveNowAndThen(
  visitor: () => Journal | null,
  clock: SimulatedClock,
  { signal, onApproved }: { readonly signal: AbortSignal; readonly onApproved: () => void },
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(lookMs);
    const scans = visitor()?.scans;
    const status = (await scans?.scanStatus()) ?? null;
    if (status?.state !== "braked" || status.brakes.every(({ isApproved }) => isApproved)) continue;
    onApproved();
    await scans?.approveScan(status.id, null);
  }
}

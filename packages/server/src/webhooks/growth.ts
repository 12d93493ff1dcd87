/**
 * The log has grown: who has to look? Of many endpoints most want nothing of what has come. For all that have nothing to do
 * there is one look into the log, at names alone, and one transaction that moves their cursors over what they do not want.
 */
import type { Store } from "../store/model.ts";

/** More news than this are read by each endpoint for itself, piece by piece. */
const newsMax = 1_000;

/** What delivers to one endpoint. */
export interface Listening {
  readonly endpointSeq: number;
  /** The events that it wants, as they are stored. */
  readonly eventsText: string;
  /** How far it has come, while it has nothing to do; null while it has. */
  readonly restsAt: number | null;
  /** True for the name of an event that the endpoint is to be told of. */
  wants(event: string): boolean;
  /** The log has grown, perhaps by something for it. */
  notify(): void;
  /** Its cursor was moved up to here, over what it does not want. */
  passOver(seq: number): void;
}

interface Resting {
  readonly delivery: Listening;
  readonly at: number;
}

/** Wakes those that may have something to do. The others come to stand behind what is new. */
export async function tellOfGrowth(store: Store, deliveries: readonly Listening[]): Promise<void> {
  const resting: Resting[] = [];
  for (const delivery of deliveries) {
    const at = delivery.restsAt;
    if (at === null) delivery.notify();
    else resting.push({ delivery, at });
  }
  if (resting.length === 0) return;
  // What cannot be stored now is stored by each for itself, as soon as it can be.
  const { passed, upTo } = await passOver(store, resting).catch(() => ({ passed: new Set<number>(), upTo: 0 }));
  for (const { delivery } of resting) {
    if (passed.has(delivery.endpointSeq)) delivery.passOver(upTo);
    else delivery.notify();
  }
}

async function passOver(store: Store, resting: readonly Resting[]) {
  const from = resting.reduce((least, { at }) => Math.min(least, at), Number.MAX_SAFE_INTEGER);
  return await store.write(async (data) => {
    const news = await data.log.names(from, newsMax);
    const upTo = news.length < newsMax ? (news.at(-1)?.seq ?? from) : from;
    const passing = resting.filter(
      ({ delivery, at }) => upTo > at && !news.some(({ seq, name }) => seq > at && delivery.wants(name)),
    );
    const passed = await data.webhookEndpoints.passOver(
      passing.map(({ delivery: { endpointSeq: seq, eventsText: events } }) => ({ seq, events })),
      upTo,
    );
    return { passed: new Set(passed), upTo };
  });
}

import type { Journal, ReplaySelection } from "@dirsync/consumer";
import { isDirsyncError } from "@dirsync/sdk";
import { between, oneOf, type Random } from "../../support/random.ts";
import { factsOf, replaces } from "./facts.ts";
import type { SimEvent } from "./log.ts";
import type { World } from "./world.ts";

/** A person who looks in now and then, decides about dead letters and asks for events once more, beside whatever process runs. */
export async function visit(world: World): Promise<void> {
  const { clock, random } = world;
  while (world.isChaos) {
    await clock.sleep(between(random, 500, 8_000));
    const { visitor } = world;
    if (visitor === null) continue;
    await decide(world, visitor);
    const isForced = world.happens("forcedReplay");
    const asked = isForced || world.happens("replay") ? drawSelection(world.log, random) : null;
    if (asked !== null) await replay(world, visitor, { asked, isForced });
    world.look();
  }
}

/** Asks for what an event replaces right before it happens, so that the replay must not come on top of it. */
export async function replayBefore(world: World, draft: Pick<SimEvent, "event" | "data">): Promise<void> {
  const { visitor, log } = world;
  const earlier = [...log].reverse().find((other) => replaces(factsOf(draft), factsOf(other)));
  if (visitor === null || earlier === undefined || !world.happens("replayBefore")) return;
  await replay(world, visitor, { asked: { ids: [earlier.id] }, isForced: false });
}

async function decide(world: World, visitor: Journal): Promise<void> {
  const letter = oneOf(world.random, await visitor.deadLetters());
  if (letter === undefined) return;
  const { sink, seq, event } = letter;
  if (world.happens("discard")) {
    await visitor.discard(sink, seq);
    world.record({ op: "discard", sink, id: event.id });
  } else if (world.happens("forced")) {
    await visitor.redrive(sink, seq, { force: true });
    world.record({ op: "forced", sink, id: event.id });
  } else if (world.happens("redrive") && (await isRedriven(world, sink, seq))) {
    world.record({ op: "redrive", sink, id: event.id });
  }
}

/** Decides about every dead letter of the sinks that park, so that nothing need stay where it is. */
export async function tidy(world: World): Promise<void> {
  const { visitor, plan, random } = world;
  const parking = plan.sinks.filter(({ policy }) => policy.onDeadLetter === "park").map(({ name }) => name);
  for (const { sink, seq, event } of (await visitor?.deadLetters()) ?? []) {
    if (!parking.includes(sink)) continue;
    const isKept = random() < 0.5;
    if (isKept) await visitor?.redrive(sink, seq, { force: true });
    else await visitor?.discard(sink, seq);
    world.record({ op: isKept ? "forced" : "discard", sink, id: event.id });
  }
  world.look();
}

/** False when it was refused because a later event has overtaken it. */
async function isRedriven(world: World, sink: string, seq: number): Promise<boolean> {
  return await isTaken(() => world.visitor?.redrive(sink, seq, { force: world.mutant.redriveForced === true }));
}

interface Request {
  readonly asked: ReplaySelection;
  readonly isForced: boolean;
}

async function replay(world: World, visitor: Journal, { asked, isForced }: Request): Promise<void> {
  const { random, log, plan, mutant } = world;
  const sink = oneOf(random, plan.sinks)?.name ?? "";
  // What is not on record yet is nothing that a person can know of.
  world.look();
  const before = await waiting(visitor, sink);
  const selection = mutant.selection?.(asked) ?? asked;
  if (!(await isTaken(() => visitor.requestReplay(sink, selection, { force: isForced })))) return;
  const marked = [...(await waiting(visitor, sink))].filter((id) => !before.has(id));
  const kept = await visitor.placesOf(log.map(({ id }) => id));
  const matching = log.filter((event, index) => kept.has(event.id) && matches(asked, { event, seq: index + 1 }));
  world.record({ op: "replay", sink, matching: matching.map(({ id }) => id), marked, isForced });
}

/** Events of which the state file says that the sink is to get them once more. */
async function waiting(visitor: Journal, sink: string): Promise<ReadonlySet<string>> {
  const items = await visitor.read(sink, 0, 1_000);
  return new Set(items.filter((item) => item.replay).map(({ event }) => event.id));
}

/** True unless a later event would have been undone. */
async function isTaken(work: () => Promise<unknown> | undefined): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (isDirsyncError(error) && (error.code === "superseded" || error.code === "missing")) return false;
    throw error;
  }
}

function drawSelection(log: readonly SimEvent[], random: Random): ReplaySelection | null {
  const event = oneOf(random, log);
  if (event === undefined) return null;
  const { directory, user } = factsOf(event);
  const fromSeq = between(random, 1, log.length);
  const selections: readonly ReplaySelection[] = [
    { fromSeq },
    { fromSeq, toSeq: between(random, fromSeq, log.length) },
    { ids: [event.id] },
    { directory },
    ...(user === null ? [] : [{ user }, { user, directory }]),
    { since: event.created_at },
  ];
  return oneOf(random, selections) ?? null;
}

function matches(selection: ReplaySelection, { event, seq }: { event: SimEvent; seq: number }): boolean {
  const { fromSeq = seq, toSeq = seq, ids = [event.id], since = event.created_at } = selection;
  const facts = factsOf(event);
  if (seq < fromSeq || seq > toSeq || !ids.includes(event.id) || event.created_at < since) return false;
  const { directory = facts.directory, user = facts.user } = selection;
  return facts.directory === directory && facts.user === user;
}

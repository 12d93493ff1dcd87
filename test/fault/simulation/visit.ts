import { isDirsyncError } from "@dirsync/sdk";
import { between, oneOf } from "../../support/random.ts";
import type { World } from "./world.ts";

/** A person who looks at the dead letters now and then and decides about some, beside whatever process runs. */
export async function visit(world: World): Promise<void> {
  const { clock, random } = world;
  while (world.isChaos) {
    await clock.sleep(between(random, 500, 8_000));
    const letter = oneOf(random, (await world.visitor?.deadLetters()) ?? []);
    if (letter === undefined || world.visitor === null) continue;
    const { sink, seq, event } = letter;
    if (world.happens("discard")) {
      await world.visitor.discard(sink, seq);
      world.record({ op: "discard", sink, id: event.id });
    } else if (world.happens("forced")) {
      await world.visitor.redrive(sink, seq, { force: true });
      world.record({ op: "forced", sink, id: event.id });
    } else if (world.happens("redrive") && (await isRedriven(world, sink, seq))) {
      world.record({ op: "redrive", sink, id: event.id });
    }
    await world.look();
  }
}

/** False when it was refused because a later event has overtaken it. */
async function isRedriven(world: World, sink: string, seq: number): Promise<boolean> {
  try {
    await world.visitor?.redrive(sink, seq, { force: world.mutant.redriveForced === true });
    return true;
  } catch (error) {
    if (isDirsyncError(error) && error.code === "superseded") return false;
    throw error;
  }
}

/** Real processes that are killed while they fold, on real files. */
import { isDeepStrictEqual } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { buildScript, startChild } from "../fixtures/children.ts";
import { contentsByEvents, contentsOf, lookInto } from "../fixtures/mirror-view.ts";
import { newStateFile } from "../fixtures/state-file.ts";

let script: string;
beforeAll(async () => {
  script = await buildScript("mortal-mirror");
});

interface Lives {
  readonly kills: number;
  /** After how many of them the mirror was not what the events in the file come to. */
  readonly wrong: number;
  readonly events: number;
}

async function live(logSeed: number, manner: "together" | "apart"): Promise<Lives> {
  const path = newStateFile();
  let wrong = 0;
  for (let kills = 0; kills < 60; kills += 1) {
    const { signal } = await startChild(script, [path, String(logSeed), String(logSeed + kills), manner]).exited;
    const database = lookInto(path);
    if (!isDeepStrictEqual(contentsOf(database), contentsByEvents(database))) wrong += 1;
    const events = Number(database.prepare("SELECT count(*) FROM event").pluck().get());
    database.close();
    if (signal === null) return { kills, wrong, events };
  }
  throw new Error("It never came to an end.");
}

test("a mirror is what the events in its file come to, wherever its process was killed", async () => {
  const { kills, wrong, events } = await live(7, "together");
  expect({ wrong, events }).toEqual({ wrong: 0, events: 400 });
  expect(kills).toBeGreaterThan(3);
}, 120_000);

test("(control) and is not, where it is folded in a transaction of its own", async () => {
  const { wrong } = await live(7, "apart");
  expect(wrong).toBeGreaterThan(0);
}, 120_000);

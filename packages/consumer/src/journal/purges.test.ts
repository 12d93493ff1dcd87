import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { dispatchRig } from "../fixtures/dispatch-rig.ts";
import { makeEvent } from "../fixtures/events.ts";
import { append, boundJournal, dead, delivered, seqs, step } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { guardedCode } from "./decisions.ts";
import type { Journal } from "./model.ts";
import { openJournal } from "./open.ts";
import { openMirror } from "../mirror/open.ts";
import { Purges } from "./purges.ts";
import { connect } from "./sqlite.ts";

const email = "Ada.Canary-7f3e@example.test";

/** Three events about Ada, of which the last is a dead letter and knows her by id only, and one about somebody else. */
async function journalOfAda(path: string): Promise<Journal> {
  const journal = await boundJournal(path);
  const person = (id: string, address: string): Record<string, unknown> => ({ id, directory_id: "d1", email: address });
  await append(journal, [
    makeEvent(1, { data: person("u1", email) }),
    makeEvent(2, { data: person("u2", `x${email}`) }),
    makeEvent(3, { data: { ...person("u1", email.toUpperCase()), first_name: "Canary-9d1c" } }),
    makeEvent(4, { name: "dsync.group.user_added", user: "u1", group: "g1" }),
  ]);
  await journal.addSink("app");
  await journal.noteEffect("app", { name: "mail", key: email }, 0);
  await step(journal, { started: [1, 2, 3, 4] });
  await step(journal, { finished: [delivered(1), delivered(2), delivered(3), dead(4)], lowSeq: 4 });
  return journal;
}

/** How often a text is in the state file and what lies beside it, in either case. */
function traces(path: string, text: string): number {
  const bytes = ["", "-wal", "-shm"].map((suffix) => readFileSync(`${path}${suffix}`, "latin1").toLowerCase());
  return bytes.join("\n").split(text.toLowerCase()).length - 1;
}

describe("a purge", () => {
  test("leaves no byte of the person in the file or its log, and nobody else is touched", async () => {
    const path = newStateFile();
    const journal = await journalOfAda(path);
    // The control.
    expect(traces(path, "Canary-9d1c")).toBeGreaterThan(0);
    await expect(journal.purge({ email })).resolves.toEqual({ events: 3, deadLetters: 1, refused: 0, waiting: 0 });
    expect(traces(path, "Canary-9d1c")).toBe(0);
    // What is left of the address is in somebody else's longer one.
    expect(traces(path, email)).toBe(traces(path, `x${email}`));
    expect(traces(path, `x${email}`)).toBeGreaterThan(0);
    await expect(journal.deadLetters()).resolves.toEqual([]);
    await expect(journal.hasEffect("app", { name: "mail", key: email })).resolves.toBe(false);
    await expect(journal.purge({ email })).resolves.toMatchObject({ events: 0, deadLetters: 0 });
  });

  test("can be asked for by a visitor, beside a holder, and by id", async () => {
    const path = newStateFile();
    await journalOfAda(path);
    const visitor = await openJournal({ path, role: "visitor" });
    await expect(visitor.purge({ userId: "u1" })).resolves.toMatchObject({ events: 3, deadLetters: 1 });
    await visitor.close();
    expect(traces(path, "Canary-9d1c")).toBe(0);
  });

  test("takes out what has come while it looked, and leaves what a sink is to get since", async () => {
    const path = newStateFile();
    const journal = await journalOfAda(path);
    const database = connect(path, { busyTimeoutMs: 0 });
    const purges = new Purges(database);
    const found = await purges.find({ email });
    expect(found.names).toEqual([email, "u1"]);
    await append(journal, [
      makeEvent(5, { data: { id: "u1", directory_id: "d1", first_name: "Canary-late" } }),
      // Somebody who has been there all the time comes by her address.
      makeEvent(6, { data: { id: "u2", directory_id: "d1", email } }),
      makeEvent(7, { data: { id: "u2", directory_id: "d1", first_name: "Canary-heir" } }),
      makeEvent(8, { data: { id: "u4", directory_id: "d1" } }),
    ]);
    await step(journal, { started: [5, 6, 7, 8], lowSeq: 4 });
    await step(journal, { finished: [5, 6, 7, 8].map((seq) => delivered(seq)), lowSeq: 8 });
    await journal.redrive("app", 4, {});
    const purged = database.transaction(() => purges.run({ email }, found))();
    expect(purged).toEqual({ events: 6, deadLetters: 0, refused: 0, waiting: 1 });
    const left = database.prepare("SELECT seq FROM event WHERE flags & 4 = 0 ORDER BY seq").pluck().all();
    expect(left).toEqual([4, 8]);
    database.close();
  });

  test("leaves alone what a sink has still to get, and says so: it may be the leaver", async () => {
    const path = newStateFile();
    const journal = await journalOfAda(path);
    await append(journal, [makeEvent(5, { name: "dsync.user.deleted", user: "u1" })]);
    await expect(journal.purge({ userId: "u1" })).resolves.toMatchObject({ events: 3, waiting: 1 });
    await expect(journal.read("app", 0, 10)).resolves.toMatchObject([{ seq: 5, event: { data: { id: "u1" } } }]);
  });

  test("leaves alone what a guard holds from a sink until a person has decided: it is the leaver", async () => {
    const journal = await journalOfAda(newStateFile());
    await append(journal, [makeEvent(5, { name: "dsync.user.deleted", user: "u1" })]);
    const failure = { code: guardedCode, message: "held", verdict: "dead" } as const;
    await step(journal, { started: [5], lowSeq: 4 });
    await step(journal, { finished: [{ seq: 5, result: "dead", failure }], lowSeq: 5 });
    await expect(journal.purge({ userId: "u1" })).resolves.toMatchObject({ events: 3, deadLetters: 1, waiting: 1 });
    await expect(journal.deadLetters()).resolves.toMatchObject([{ seq: 5, event: { data: { id: "u1" } } }]);
    await journal.discard("app", 5);
    await expect(journal.purge({ userId: "u1" })).resolves.toMatchObject({ events: 1, waiting: 0 });
  });

  test("leaves the mirror and side effects while something waits: a mail would be sent twice, and doctor tell of damage", async () => {
    const path = newStateFile();
    const journal = await journalOfAda(path);
    await append(journal, [makeEvent(5, { data: { id: "u1", directory_id: "d1", email } })]);
    await expect(journal.purge({ email })).resolves.toMatchObject({ events: 3, waiting: 1 });
    await expect(journal.hasEffect("app", { name: "mail", key: email })).resolves.toBe(true);
    const mirror = await openMirror(path);
    await expect(mirror.user("u1")).resolves.toMatchObject({ email });
    await step(journal, { started: [5], lowSeq: 4 });
    await step(journal, { finished: [delivered(5)], lowSeq: 5 });
    await expect(journal.purge({ email })).resolves.toMatchObject({ events: 1, waiting: 0 });
    await expect(mirror.user("u1")).resolves.toBeNull();
    await expect(journal.hasEffect("app", { name: "mail", key: email })).resolves.toBe(false);
    await mirror.close();
  });

  test("takes a dead letter in front of which something waits: it does not come again, and its sink hears of it", async () => {
    const journal = await boundJournal(newStateFile());
    await append(journal, [makeEvent(1, { user: "u2" }), makeEvent(2, { user: "u1" })]);
    await journal.addSink("app");
    await step(journal, { started: [1, 2] });
    await step(journal, { finished: [dead(2)], lowSeq: 0 });
    const before = await journal.requests("app");
    await expect(journal.purge({ userId: "u1" })).resolves.toMatchObject({ events: 1, deadLetters: 1, waiting: 0 });
    await expect(seqs(journal)).resolves.toEqual([1]);
    await expect(journal.deadLetters()).resolves.toEqual([]);
    await expect(journal.requests("app")).resolves.toBeGreaterThan(before);
  });

  test("of nobody is refused", async () => {
    const journal = await journalOfAda(newStateFile());
    await expect(journal.purge({})).rejects.toMatchObject({ code: "config_invalid", where: "subject" });
    await expect(journal.purge({ email: "" })).rejects.toMatchObject({ code: "config_invalid" });
  });

  test("makes events that a new sink and a replay pass over", async () => {
    const path = newStateFile();
    const journal = await journalOfAda(path);
    await journal.purge({ userId: "u1" });
    await expect(journal.countReplay("app", { fromSeq: 1 })).resolves.toMatchObject({ count: 1, firstSeq: 2 });
    await journal.close();
    const seen: string[] = [];
    const rig = await dispatchRig({
      path,
      name: "new",
      log: [],
      deliver: ({ id }) => Promise.resolve(void seen.push(id)),
    });
    await rig.run();
    expect(seen).toEqual(["event_000002"]);
    expect((await rig.journal.status()).sinks.find(({ name }) => name === "new")).toMatchObject({
      lowSeq: 4,
      pending: 0,
    });
  });
});

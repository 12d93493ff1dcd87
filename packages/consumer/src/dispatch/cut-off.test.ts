/** A signal is made only for who looks at it, and nobody can tell. */
import { once } from "node:events";
import { SinkError } from "@dirsync/sdk";
import { expect, test } from "vitest";
import { CutOff, cutOf, withSignal } from "./cut-off.ts";
import type { Attempt } from "../model.ts";

const reason = new SinkError("Its time is up.", { verdict: "retry", code: "sink_timeout" });

function attemptWith(cut: CutOff): Attempt {
  return withSignal({ number: 1, seq: 1, epoch: 1, lane: "directory:d1", replay: false, cut });
}

test("who looks at the signal before, during or after gets the reason", () => {
  const cut = new CutOff();
  const attempt = attemptWith(cut);
  const { signal } = attempt;
  const seen: unknown[] = [];
  signal.addEventListener("abort", () => seen.push(signal.reason));
  cut.cut(reason);
  expect(seen).toEqual([reason]);
  expect(attempt.signal).toBe(signal);
  const late = new CutOff();
  late.cut(reason);
  expect(attemptWith(late).signal).toMatchObject({ aborted: true, reason });
});

test("the first reason stays", () => {
  const cut = new CutOff();
  cut.cut(reason);
  cut.cut(new Error("another"));
  expect([cut.reason, cut.signal.reason]).toEqual([reason, reason]);
});

test("who listens is told once, and who has stopped listening is not", () => {
  const cut = new CutOff();
  const told: string[] = [];
  const [first, second] = [(): unknown => told.push("first"), (): unknown => told.push("second")];
  for (const listener of [first, second]) cut.listen(listener);
  cut.unlisten(first);
  cut.unlisten(first);
  cut.cut(reason);
  cut.cut(reason);
  cut.listen(first);
  expect(told).toEqual(["second"]);
});

test("a listener that throws keeps nobody else from being told, and is not passed over", async () => {
  const cut = new CutOff();
  const { signal } = cut;
  const told: string[] = [];
  const mistake = new Error("in a listener");
  cut.listen(() => {
    throw mistake;
  });
  cut.listen(() => told.push("second"));
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  const thrown = once(process, "uncaughtException");
  cut.cut(reason);
  expect([told, signal.aborted]).toEqual([["second"], true]);
  expect((await thrown)[0]).toBe(mistake);
  for (const other of others) process.on("uncaughtException", other);
});

test("a sink that does not look at the signal leaves it unmade", () => {
  const cut = new CutOff();
  const attempt = attemptWith(cut);
  expect(cutOf(attempt)).toBe(cut);
  expect(cut.isSeen).toBe(false);
  expect(attempt.signal).toBeInstanceOf(AbortSignal);
  expect(cut.isSeen).toBe(true);
});

test("a copy of an attempt has its signal, and one with another signal goes by that", () => {
  const cut = new CutOff();
  const copy = { ...attemptWith(cut) };
  const other = new AbortController();
  const wrapped = cutOf({ ...attemptWith(cut), signal: other.signal });
  let told = 0;
  const gone = (): unknown => (told += 10);
  for (const listener of [gone, () => (told += 1)]) wrapped.listen(listener);
  wrapped.unlisten(gone);
  other.abort(reason);
  expect([told, wrapped.reason]).toEqual([1, reason]);
  expect(copy.signal.aborted).toBe(false);
  cut.cut(reason);
  expect(copy.signal).toMatchObject({ aborted: true, reason });
});

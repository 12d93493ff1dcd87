import { ConnectionError, systemRuntime } from "@dirsync/sdk";
import { expect, test } from "vitest";
import { type RefusedReload, Reload } from "./reload.ts";
import type { TailPlan } from "./tail-plan.ts";

const planOf = (file: string): TailPlan => ({ configuration: { file, values: {} } }) as unknown as TailPlan;
const [first, second, third] = ["first", "second", "third"].map(planOf) as [TailPlan, TailPlan, TailPlan];

/** A tail on the first plan that has taken the second one, and how the third one is read. */
async function reloaded() {
  const plans = [second, third];
  const told: (RefusedReload | null)[] = [];
  const read = (): Promise<TailPlan> => Promise.resolve(plans.shift() ?? third);
  const reload = new Reload(first, { read, runtime: systemRuntime, onRefused: (refused) => void told.push(refused) });
  const readNext = async (): Promise<void> => {
    const { signal } = reload;
    reload.ask();
    await expect.poll(() => signal.aborted).toBe(true);
  };
  reload.take();
  await readNext();
  expect(reload.take()).toBe(second);
  return { reload, told, readNext };
}

const refusal = (): Error => new ConnectionError("no", { code: "tls" });

test("a configuration that the service refuses is told as refused, and the one before it is at work", async () => {
  const { reload, told } = await reloaded();
  expect(reload.revert(refusal())).toBe(true);
  expect(reload.take()).toBe(first);
  expect(told).toMatchObject([{ reason: "no" }]);
  expect(reload.refused).toMatchObject({ reason: "no" });
});

test("where a newer one takes the place of a refused one, nothing is told as refused that is not", async () => {
  const { reload, told, readNext } = await reloaded();
  await readNext();
  expect(reload.revert(refusal())).toBe(true);
  expect(reload.take()).toBe(third);
  expect([reload.refused, told]).toEqual([null, []]);
  expect(reload.revert(refusal())).toBe(true);
  expect(reload.take()).toBe(first);
});

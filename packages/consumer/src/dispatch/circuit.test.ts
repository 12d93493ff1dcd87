import { describe, expect, test } from "vitest";
import { Circuit, notStartedCode } from "./circuit.ts";

const failed = { code: "failed" };
const secondMs = 1_000;
const hourMs = 3_600 * secondMs;

/** A circuit after failures of these events, two seconds apart, the first at 0. Returns the time of the last one. */
function failing(seqs: readonly number[]): { circuit: Circuit; nowMs: number } {
  const circuit = new Circuit();
  seqs.forEach((seq, index) => circuit.failed(seq, failed, index * 2 * secondMs));
  return { circuit, nowMs: (seqs.length - 1) * 2 * secondMs };
}

describe("the circuit opens", () => {
  test.each<[string, readonly number[], boolean]>([
    ["when different events have failed and nothing has succeeded for ten seconds", [1, 2, 1, 2, 1, 2], true],
    ["when the second event in a row fails", [...Array.from({ length: 12 }, () => 1), 2], true],
    ["not for few failures", [1, 2, 1, 2], false],
    ["not before ten seconds", [1, 2, 1, 2, 1], false],
    ["never for one event: that may be poison", Array.from({ length: 100 }, () => 1), false],
  ])("%s", (_name, seqs, isOpen) => {
    const { circuit, nowMs } = failing(seqs);
    expect(circuit.isOpen(nowMs)).toBe(isOpen);
  });

  test("not for four failures, however far apart, and for the fifth", () => {
    const circuit = new Circuit();
    for (const [index, seq] of [1, 2, 1, 2].entries()) circuit.failed(seq, failed, index * hourMs);
    expect(circuit.isOpen(3 * hourMs)).toBe(false);
    circuit.failed(1, failed, 3 * hourMs);
    expect(circuit.isOpen(3 * hourMs)).toBe(true);
  });

  test("never for one event, also where another had failed before the last success", () => {
    const circuit = new Circuit();
    circuit.failed(1, failed, 0);
    circuit.succeeded();
    for (let second = 0; second < 60; second += 1) circuit.failed(2, failed, second * secondMs);
    expect(circuit.isOpen(60 * secondMs)).toBe(false);
  });

  test("not when something succeeded in between", () => {
    const circuit = new Circuit();
    for (let second = 0; second < 60; second += 1) {
      circuit.failed(1, failed, second * secondMs);
      circuit.failed(2, failed, second * secondMs);
      if (second % 9 === 0) circuit.succeeded();
    }
    expect(circuit.isOpen(60 * secondMs)).toBe(false);
  });
});

describe("an open circuit", () => {
  const open = (): { circuit: Circuit; nowMs: number } => failing([1, 2, 1, 2, 1, 2]);

  test("lets one try at a time begin, every five seconds", () => {
    const { circuit, nowMs } = open();
    circuit.began(nowMs);
    expect(circuit.allowance(0, 16, nowMs + 4_999)).toBe(0);
    expect(circuit.allowance(1, 16, nowMs + 5_000)).toBe(0);
    expect(circuit.allowance(0, 16, nowMs + 5_000)).toBe(1);
    expect(circuit.nextProbeAtMs(nowMs)).toBe(nowMs + 5_000);
  });

  test("closes at the first success, and then every lane goes on", () => {
    const { circuit, nowMs } = open();
    circuit.succeeded();
    expect(circuit.isOpen(nowMs)).toBe(false);
    expect(circuit.allowance(3, 16, nowMs)).toBe(13);
  });

  test("outlasts an hour, gives up after two, and does not open again before a success", () => {
    const { circuit, nowMs } = open();
    expect(circuit.isOpen(nowMs + hourMs)).toBe(true);
    expect(circuit.isOpen(nowMs + 2 * hourMs)).toBe(false);
    for (let index = 0; index < 20; index += 1) circuit.failed(index % 2, failed, nowMs + 3 * hourMs);
    expect(circuit.isOpen(nowMs + 3 * hourMs)).toBe(false);
  });
});

describe("for a program that cannot be started, the circuit", () => {
  test("is open from the first time on, for days, whatever the event", () => {
    const circuit = new Circuit();
    for (const nowMs of [0, hourMs, 72 * hourMs]) {
      circuit.failed(1, { code: notStartedCode }, nowMs);
      expect(circuit.isOpen(nowMs)).toBe(true);
    }
  });

  test("is closed once the program runs, even if it fails: the event may be poison", () => {
    const circuit = new Circuit();
    circuit.failed(1, { code: notStartedCode }, 0);
    circuit.failed(1, failed, secondMs);
    expect(circuit.isOpen(secondMs)).toBe(false);
  });

  test("is closed at its first success", () => {
    const circuit = new Circuit();
    circuit.failed(1, { code: notStartedCode }, 0);
    circuit.succeeded();
    expect(circuit.isOpen(0)).toBe(false);
  });

  test("charges no event with it: once the program runs, one failure is one", () => {
    const circuit = new Circuit();
    for (let second = 0; second < 60; second += 1) circuit.failed(second, { code: notStartedCode }, second * secondMs);
    circuit.failed(1, failed, 60 * secondMs);
    expect(circuit.isOpen(60 * secondMs)).toBe(false);
  });
});

test("a closed circuit allows what concurrency allows, and never less than nothing", () => {
  const circuit = new Circuit();
  expect(circuit.allowance(0, 16, 0)).toBe(16);
  expect(circuit.allowance(20, 16, 0)).toBe(0);
});

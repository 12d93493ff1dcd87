/**
 * Webhooks: the signature alone, and with the event that is read from the body. The limit is the least that any
 * verification has to do: HMAC-SHA256 over a prepared key and the bytes as they came, and one comparison.
 */
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { sign, verify, verifySignature } from "@dirsync/sdk/webhooks";
import type { Benchmark, Case, Metric } from "./harness/benchmark.ts";
import { throughput } from "./harness/throughput.ts";
import { userEvent } from "./payloads.ts";

const secret = "whsec_3vD1vZ9pQm2nYx7KbT5rWc8e";

/** A run may take longer than a webhook stays fresh; the time is checked all the same. */
const toleranceSeconds = 86_400;

const metrics: Readonly<Record<string, Metric>> = {
  perCpuSecond: { unit: "webhooks per CPU second", better: "more", judgedBy: "median" },
};

const rounds = 50;

/** A signed webhook, as a server has it in its hands. */
function webhook(bodyBytes: number) {
  const payload = Buffer.from(JSON.stringify(userEvent(bodyBytes)));
  const timestampMs = Date.now();
  const header = sign({ payload, secret, timestampMs });
  const signature = Buffer.from(header.slice(-64), "hex");
  return { payload, header, prefix: `${timestampMs}.`, signature };
}

/** Both official clients, one after the other: of the old line the last that says it runs on Node 20, and the newest. */
const official = [
  ["@workos-inc/node 8", async () => import("@workos-inc/node")],
  ["@workos-inc/node 11", async () => import("workos-node-11")],
] as const;

function limit(bodyBytes: number): Case {
  return {
    name: "bare HMAC",
    role: "limit",
    open: async (setting) => {
      const { payload, prefix, signature } = webhook(bodyBytes);
      const key = createSecretKey(secret, "utf8");
      return throughput(setting, () => {
        const digest = createHmac("sha256", key).update(prefix).update(payload).digest();
        if (!timingSafeEqual(digest, signature)) throw new Error("The limit is wrong.");
      });
    },
  };
}

function limitWithParse(bodyBytes: number): Case {
  return {
    name: "bare HMAC and JSON.parse",
    role: "limit",
    open: async (setting) => {
      const { payload, prefix, signature } = webhook(bodyBytes);
      const key = createSecretKey(secret, "utf8");
      return throughput(setting, () => {
        const digest = createHmac("sha256", key).update(prefix).update(payload).digest();
        if (!timingSafeEqual(digest, signature)) throw new Error("The limit is wrong.");
        expectEvent(JSON.parse(payload.toString()));
      });
    },
  };
}

function peers(bodyBytes: number): readonly Case[] {
  return official.map(([name, load]) => ({
    name,
    role: "peer",
    open: async (setting) => {
      const { WorkOS } = await load();
      const { webhooks } = new WorkOS("sk_test_bench");
      const { payload, header } = webhook(bodyBytes);
      const tolerance = toleranceSeconds * 1000;
      return throughput(setting, async () => {
        // Version 8 takes no bytes: it signs what JSON.stringify makes of the parsed body.
        const body = JSON.parse(payload.toString()) as Record<string, unknown>;
        const event = await webhooks.constructEvent({ payload: body, sigHeader: header, secret, tolerance });
        expectEvent(event);
      });
    },
  }));
}

function benchmark(kibibytes: number): readonly Benchmark[] {
  const bodyBytes = kibibytes * 1024;
  const alone: Benchmark = {
    name: `verify/${kibibytes}-kib`,
    title: `the signature of a webhook of ${kibibytes} KiB`,
    metrics,
    rounds,
    cases: [
      limit(bodyBytes),
      {
        name: "verifySignature()",
        role: "ours",
        open: async (setting) => {
          const { payload, header } = webhook(bodyBytes);
          return throughput(setting, () => verifySignature({ payload, header, secret, toleranceSeconds }));
        },
      },
    ],
    goals: [{ metric: "perCpuSecond", of: "verifySignature()", to: "bare HMAC", bound: 0.85 }],
  };
  const withParse: Benchmark = {
    name: `verify/${kibibytes}-kib-and-parse`,
    title: `the signature and the event of a webhook of ${kibibytes} KiB`,
    metrics,
    rounds,
    cases: [
      limitWithParse(bodyBytes),
      ...peers(bodyBytes),
      {
        name: "verify()",
        role: "ours",
        open: async (setting) => {
          const { payload, header } = webhook(bodyBytes);
          return throughput(setting, () => expectEvent(verify({ payload, header, secret, toleranceSeconds })));
        },
      },
    ],
    goals: [
      { metric: "perCpuSecond", of: "verify()", to: "bare HMAC and JSON.parse", bound: 0.9 },
      ...official.map(([name]) => ({
        metric: "perCpuSecond",
        of: "verify()",
        to: name,
        bound: kibibytes === 1 ? 20 : 5,
      })),
    ],
  };
  return [alone, withParse];
}

function expectEvent(value: unknown): void {
  if ((value as { id?: unknown }).id !== "event_01HBENCH0000000000000000") throw new Error("This is not the event.");
}

export const benchmarks: readonly Benchmark[] = [1, 10].flatMap(benchmark);

/** SCIM servers with one fault each: a rehearsal finds out which. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rehearse } from "@dirsync/idp";
import type { Check, ProviderName, ScenarioName } from "@dirsync/idp";
import { startBrokenScim } from "../support/broken-scim.ts";
import type { Fault } from "../support/broken-scim.ts";
import { startStage } from "../support/rehearsal-stage.ts";
import type { RehearsalStage } from "../support/rehearsal-stage.ts";
import { directoryTypes } from "../support/rehearsal-stories.ts";

let stage: RehearsalStage;

beforeAll(async () => {
  stage = await startStage();
});

afterAll(async () => {
  await stage.close();
});

interface BrokenCase {
  readonly fault: Fault;
  readonly provider: ProviderName;
  readonly scenario: ScenarioName;
  readonly check: string;
}

const done = { status: 204, body: "" };

const broken: readonly (readonly [string, BrokenCase])[] = [
  [
    'takes Entra\'s "False" for true',
    {
      fault: (request, forward) => (request.body.includes('"False"') ? Promise.resolve(done) : forward(request)),
      provider: "entra",
      scenario: "leaver",
      check: "account-is-off",
    },
  ],
  [
    "empties the group when Entra removes one member",
    {
      fault: (request, forward) =>
        forward({ ...request, body: request.body.replace(/("op":"Remove","path":"members"),"value":\[.*?\]/u, "$1") }),
      provider: "entra",
      scenario: "mover",
      check: "only-these-are-removed",
    },
  ],
  [
    "lets a PUT without effect on active",
    {
      fault: (request, forward) =>
        forward({ ...request, body: request.body.replace('"active":false', '"active":true') }),
      provider: "onelogin",
      scenario: "unassign-all",
      check: "account-is-off",
    },
  ],
  [
    "compares user names letter by letter",
    {
      fault: (request, forward) =>
        /filter=userName[^&]*[A-Z]{4}/u.test(request.path) ? Promise.resolve(listOf([])) : forward(request),
      provider: "jumpcloud",
      scenario: "joiner",
      check: "search-ignores-letter-case",
    },
  ],
  [
    "answers a PUT with what was there before",
    {
      fault: async (request, forward) => {
        if (request.method !== "PUT") return await forward(request);
        const before = await forward({ ...request, method: "GET", body: "" });
        await forward(request);
        return before;
      },
      provider: "cyberark",
      scenario: "rename",
      check: "answer-shows-the-change",
    },
  ],
  [
    "loses members that come at the same time",
    {
      fault: losingWritesUnderWay(),
      provider: "sailpoint",
      scenario: "parallel-members",
      check: "nobody-is-lost",
    },
  ],
  [
    "says it has deleted, and has not",
    {
      fault: (request, forward) => (request.method === "DELETE" ? Promise.resolve(done) : forward(request)),
      provider: "generic",
      scenario: "erasure",
      check: "account-is-gone",
    },
  ],
  [
    "makes a second account when a create is sent again",
    {
      fault: async (request, forward) => {
        const answer = await forward(request);
        if (!request.path.includes("/Users?filter=")) return answer;
        const { Resources: found } = JSON.parse(answer.body) as { Resources: unknown[] };
        return listOf([...found, ...found]);
      },
      provider: "rippling",
      scenario: "retry",
      check: "retry-account-is-created",
    },
  ],
  [
    "does not rename a group",
    {
      fault: (request, forward) =>
        request.method === "PATCH" && request.body.includes('"path":"displayName"')
          ? Promise.resolve(done)
          : forward(request),
      provider: "pingfederate",
      scenario: "reorg",
      check: "group-is-renamed",
    },
  ],
  [
    "ignores a list that replaces the members",
    {
      fault: (request, forward) =>
        request.body.includes('"op":"replace","path":"members"') ? Promise.resolve(done) : forward(request),
      provider: "pingone",
      scenario: "group-push",
      check: "members-are-added",
    },
  ],
  [
    "answers a create without an id",
    {
      fault: async (request, forward) => {
        const answer = await forward(request);
        return request.method === "POST" ? { ...answer, body: "{}" } : answer;
      },
      provider: "okta",
      scenario: "joiner",
      check: "requests-are-accepted",
    },
  ],
  [
    "does not know the discovery documents",
    {
      fault: (request, forward) =>
        request.path.includes("/Schemas/") ? Promise.resolve({ status: 404, body: "{}" }) : forward(request),
      provider: "cyberark",
      scenario: "connect",
      check: "requests-are-accepted",
    },
  ],
];

describe("a server that", () => {
  test.each(broken)("%s is found out", async (_name, { fault, provider, scenario, check }) => {
    const { baseUrl, token } = await stage.connect(directoryTypes[provider]);
    const proxy = await startBrokenScim(stage.origin, fault);
    try {
      const target = { baseUrl: baseUrl.replace(stage.origin, proxy.origin), token };
      const { checks } = await rehearse({ ...target, provider, scenario });
      const failed = checks.filter(({ outcome }) => outcome === "failed");
      expect(failed.map(({ name }) => name)).toContain(check);
      expect(failed.every(isTold)).toBe(true);
      expect(JSON.stringify(checks)).not.toContain(token);
    } finally {
      await proxy.close();
    }
  });
});

/** A failed check says what was expected and what was found; a check of one act also what was sent. */
function isTold({ sent, expected, got, step }: Check): boolean {
  return expected !== got && (sent.length > 0 || ["at the end", "somebody"].some((word) => step.startsWith(word)));
}

function listOf(resources: readonly unknown[]): { status: number; body: string } {
  const counts = { totalResults: resources.length, startIndex: 1, itemsPerPage: resources.length };
  return { status: 200, body: JSON.stringify({ ...counts, Resources: resources }) };
}

/** Answers a write to a group that is being written as if it had been done. */
function losingWritesUnderWay(): Fault {
  const underWay = new Set<string>();
  return async (request, forward) => {
    if (request.method !== "PATCH") return await forward(request);
    if (underWay.has(request.path)) return done;
    underWay.add(request.path);
    try {
      return await forward(request);
    } finally {
      underWay.delete(request.path);
    }
  };
}

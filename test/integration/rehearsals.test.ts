/**
 * Every provider of the idp package plays every scenario against our server, and the log has exactly the right events: one in five of
 * these in `npm test`, each provider and each scenario among them, and all of them in `npm run test:rest`.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { providerNames, rehearse, scenarioNames } from "@dirsync/idp";
import { readScale, share } from "../fault/scale.ts";
import { startStage } from "../support/rehearsal-stage.ts";
import type { RehearsalStage } from "../support/rehearsal-stage.ts";
import { canonical, directoryTypes, sorted, storyOf, unordered } from "../support/rehearsal-stories.ts";

const scale = readScale();

let stage: RehearsalStage;

beforeAll(async () => {
  stage = await startStage();
});

afterAll(async () => {
  await stage.close();
});

describe(`against our server (seed ${scale.seed})`, () => {
  const plays = share(pairs(providerNames(), scenarioNames()), { of: 5, scale });
  test.each(plays)(
    "%s, %s: every check passes, and the log tells exactly what happened",
    async (provider, scenario) => {
      const directory = await stage.connect(directoryTypes[provider]);
      const target = { baseUrl: directory.baseUrl, token: directory.token };
      const rehearsal = await rehearse({ ...target, provider, scenario, seed: 7, isKept: true });
      expect(rehearsal.checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
      const log = canonical(await directory.events());
      const story = storyOf(provider, scenario);
      expect(unordered.includes(scenario) ? sorted(log) : log).toEqual(
        unordered.includes(scenario) ? sorted(story) : story,
      );
      expect(rehearsal.checks.some(({ outcome }) => outcome === "passed")).toBe(
        !(provider === "google" && ["reorg", "group-push", "parallel-members"].includes(scenario)),
      );
    },
  );
});

describe(`a strict directory, which keeps nobody who is inactive, takes what each provider sends (seed ${scale.seed})`, () => {
  const scenarios = ["joiner", "leaver", "rehire", "rename", "group-push"] as const;
  const plays = share(pairs(providerNames(), scenarios), { of: 4, scale });
  test.each(plays)("%s, %s", async (provider, scenario) => {
    const { baseUrl, token } = await stage.connectStrict(directoryTypes[provider]);
    const { checks } = await rehearse({ baseUrl, token, provider, scenario, seed: 7 });
    expect(checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  });
});

test("a rehearsal leaves nothing behind, so that the next one can begin", async () => {
  const { baseUrl, token } = await stage.connect("okta scim v2.0");
  const first = await rehearse({ baseUrl, token, provider: "okta", scenario: "reorg" });
  const second = await rehearse({ baseUrl, token, provider: "okta", scenario: "reorg" });
  expect([first.leftovers, second.leftovers]).toEqual([[], []]);
  expect(second.checks.map(({ name, outcome, got }) => ({ name, outcome, got }))).toEqual(
    first.checks.map(({ name, outcome, got }) => ({ name, outcome, got })),
  );
});

test("the same seed sends the same requests; another one does not", async () => {
  const sent = async (seed: number): Promise<unknown> => {
    const { baseUrl, token } = await stage.connect("azure scim v2.0");
    const { checks } = await rehearse({ baseUrl, token, provider: "entra", scenario: "joiner", seed });
    return checks
      .flatMap((check) =>
        check.sent.map(({ method, path, body }) => ({ method, path: withoutId(path), body: body ?? null })),
      )
      .filter(({ method }) => method === "POST");
  };
  expect(await sent(1)).toEqual(await sent(1));
  expect(await sent(1)).not.toEqual(await sent(2));
});

test("what is left of an earlier run is told, and nothing is played over it", async () => {
  const { baseUrl, token } = await stage.connect("okta scim v2.0");
  await rehearse({ baseUrl, token, provider: "okta", scenario: "joiner", isKept: true });
  const again = await rehearse({ baseUrl, token, provider: "okta", scenario: "joiner" });
  expect(again.checks).toMatchObject([{ name: "stage-is-clear", outcome: "failed" }]);
  expect(again.requests).toBe(0);
});

test("a wrong token is an error, not a failed check", async () => {
  const { baseUrl } = await stage.connect("okta scim v2.0");
  const outcome = rehearse({ baseUrl, token: "scim_wrong_token", provider: "okta", scenario: "joiner" });
  await expect(outcome).rejects.toMatchObject({ name: "ApiError", status: 401 });
});

function pairs<A, B>(ones: readonly A[], others: readonly B[]): readonly (readonly [A, B])[] {
  return ones.flatMap((one) => others.map((other) => [one, other] as const));
}

function withoutId(path: string): string {
  return path.replace(/directory_\w+/u, "");
}

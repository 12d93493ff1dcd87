import { expect, test } from "vitest";
import { providerNames, scenarioNames } from "@dirsync/idp";
import { idpProviders, idpScenarios } from "./idp.ts";

test("help names every provider and every scenario there is, in their order", () => {
  expect(idpProviders).toEqual(providerNames());
  expect(idpScenarios).toEqual(scenarioNames());
});

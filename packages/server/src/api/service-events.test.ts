import { expect, test } from "vitest";
import { isServiceEvent, isSubscribable, serviceEventNames } from "./service-events.ts";

test("the service has 111 events, each once, and tells endpoints of 93", () => {
  expect(new Set(serviceEventNames).size).toBe(111);
  expect(serviceEventNames).toHaveLength(111);
  expect(serviceEventNames.every(isServiceEvent)).toBe(true);
  expect(serviceEventNames.filter(isSubscribable)).toHaveLength(93);
});

test.each([
  "agent.registration.claim.attempt.created",
  "agent.registration.organization.switched",
  "authentication.sso_timed_out",
  "dsync.user.created",
  "pipes.connected_account.reauthorization_needed",
  "user.created",
])("%s may be asked for, and subscribed to", (name) => {
  expect([isServiceEvent(name), isSubscribable(name)]).toEqual([true, true]);
});

test.each([
  "action.authentication.denied",
  "authentication.email_verification_failed",
  "authentication.mfa_failed",
  "dsync.token.created",
  "dsync.token.revoked",
  "vault.names.listed",
])("%s may be asked for, and not subscribed to", (name) => {
  expect([isServiceEvent(name), isSubscribable(name)]).toEqual([true, false]);
});

test.each([
  "",
  "user",
  "user.",
  "User.created",
  "user.created ",
  "constructor",
  "dsync.deactivated",
  "dsync.user.exploded",
])("%j is no event", (name) => {
  expect([isServiceEvent(name), isSubscribable(name)]).toEqual([false, false]);
});

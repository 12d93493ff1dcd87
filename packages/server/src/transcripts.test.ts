import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { startServer } from "./fixtures/running-server.ts";
import { play } from "./fixtures/transcript.ts";
import type { Transcript } from "./fixtures/transcript.ts";

const transcripts = read("fixtures/idp-transcripts.jsonl");

function read(file: string): Transcript[] {
  const lines = readFileSync(new URL(file, import.meta.url), "utf8")
    .trimEnd()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as Transcript);
}

const types: Readonly<Record<string, string>> = {
  okta: "okta scim v2.0",
  entra: "azure scim v2.0",
  onelogin: "onelogin scim v2.0",
  jumpcloud: "jump cloud scim v2.0",
  pingfederate: "pingfederate scim v2.0",
  pingone: "pingfederate scim v2.0",
  rippling: "rippling scim v2.0",
  cyberark: "cyberark scim v2.0",
  google: "gsuite directory",
  sailpoint: "sailpoint scim v2.0",
  generic: "generic scim v2.0",
};

/** Each on the provider's own type of directory and on a generic one. */
const casesOf = (some: readonly Transcript[]) =>
  some.flatMap((transcript) => {
    const own = types[transcript.idp] ?? "no such type";
    const generic = "generic scim v2.0";
    const { id, title } = transcript;
    return [...new Set([own, generic])].map((type) => ({ id, title, type, transcript }));
  });

describe.each([
  ["what identity providers were seen to send gets the recorded answers and events", casesOf(transcripts)],
  ["what we promise beyond the recordings", casesOf(read("fixtures/own-transcripts.jsonl"))],
])("%s", (_what, cases) => {
  test.each(cases)("$id on $type: $title", async ({ transcript, type }) => {
    const running = await startServer();
    expect(await play(running, transcript, type)).toEqual([]);
  });
});

test("the comparison notices a missing, an extra and a different event, and a different answer", async () => {
  const okta = transcripts.find((transcript) => transcript.id === "okta-16");
  if (okta === undefined) throw new Error("okta-16 is gone");
  const { events } = okta.expected;
  const broken: Transcript["expected"]["events"][] = [
    events.slice(1),
    [...events, { event: "dsync.group.deleted" }],
    events.map((event) => ("event" in event ? { ...event, user: { state: "suspended" } } : event)),
  ];
  for (const variant of broken) {
    const running = await startServer();
    const transcript = { ...okta, expected: { ...okta.expected, events: variant } };
    expect(await play(running, transcript, "okta scim v2.0")).not.toEqual([]);
  }
  const running = await startServer();
  const steps = okta.steps.map((step) => ("expect" in step ? { ...step, expect: { status: [299] } } : step));
  expect(await play(running, { ...okta, steps }, "okta scim v2.0")).toHaveLength(steps.length);
});

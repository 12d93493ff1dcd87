/**
 * Habits of providers that the recorded transcripts leave out, played like them: on the provider's own directory type and on
 * a generic one, with every answer and every event. Where each comes from stands in its title.
 */
import { describe, expect, test } from "vitest";
import { startServer } from "./fixtures/running-server.ts";
import { play } from "./fixtures/transcript.ts";
import type { Transcript } from "./fixtures/transcript.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const headers = { Authorization: "Bearer {{token}}", "Content-Type": "application/scim+json" };
const core = "urn:ietf:params:scim:schemas:core:2.0:User";
const created = { event: "dsync.user.created" };
const groupCreated = { event: "dsync.group.created" };
const updated = (previous: JsonObject) => ({ event: "dsync.user.updated", previous });

const get = (path: string, json: JsonObject) => ({
  request: { method: "GET", path, headers },
  expect: { status: [200], json },
});
const write = (method: string, path: string, body?: unknown) => ({
  request: { method, path, headers, ...(body === undefined ? {} : { body }) },
  expect: { status: [200, 201, 204] },
});
const post = (path: string, body: object, as: string) => ({ ...write("POST", path, body), capture: { [as]: "id" } });
const patch = (path: string, ...operations: readonly object[]) => write("PATCH", path, { Operations: operations });

const ann = {
  schemas: [core],
  userName: "ann@acme.test",
  name: { givenName: "Ann", familyName: "Lee" },
  emails: [{ value: "ann@acme.test", type: "work", primary: true }],
  active: true,
};
const bob = { ...ann, userName: "bob@acme.test", emails: [{ value: "bob@acme.test", type: "work", primary: true }] };
const members = (...ids: readonly string[]) => ids.map((value) => ({ value }));

const habits: readonly (readonly [title: string, type: string, Pick<Transcript, "steps" | "expected">])[] = [
  [
    "Okta looks a person up in another letter case (spec test) and adopts it by PUT with its own externalId",
    "okta scim v2.0",
    {
      steps: [
        post("/Users", ann, "u1"),
        get("/Users?filter=userName%20eq%20%22ANN%40acme.test%22&startIndex=1&count=100", { totalResults: 1 }),
        write("PUT", "/Users/{{u1}}", { ...ann, id: "{{u1}}", externalId: "00u1", groups: [], meta: {} }),
      ],
      expected: { events: [created, updated({ idp_id: "ann@acme.test" })] },
    },
  ],
  [
    "Okta repeats id and name with a membership, and empties a group by an empty list (SCIM-SDK #757)",
    "okta scim v2.0",
    {
      steps: [
        post("/Users", ann, "u1"),
        post("/Groups", { displayName: "Team", members: [] }, "g1"),
        patch("/Groups/{{g1}}", { op: "replace", value: { id: "{{g1}}", displayName: "Team" } }),
        patch("/Groups/{{g1}}", { op: "add", path: "members", value: [{ value: "{{u1}}", display: "ann@acme.test" }] }),
        patch("/Groups/{{g1}}", { op: "replace", path: "members", value: [] }),
      ],
      expected: {
        events: [created, groupCreated, { event: "dsync.group.user_added" }, { event: "dsync.group.user_removed" }],
        final: { groups: { "{{g1}}": { members: [] } } },
      },
    },
  ],
  [
    "Okta sends empty text for what is not there, and a boolean in a list",
    "okta scim v2.0",
    {
      steps: [
        post("/Users", { ...ann, displayName: "", title: "", phoneNumbers: [] }, "u1"),
        patch("/Users/{{u1}}", { op: "replace", value: { active: [false] } }),
      ],
      expected: { events: [created, updated({ state: "active" })] },
    },
  ],
  [
    "Entra switches off by op Add, clears a part of a name by null, and a manager by Remove",
    "azure scim v2.0",
    {
      steps: [
        post("/Users", ann, "u1"),
        patch("/Users/{{u1}}", {
          op: "Add",
          path: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
          value: "someone",
        }),
        patch("/Users/{{u1}}", {
          op: "Remove",
          path: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
        }),
        patch("/Users/{{u1}}", { op: "Replace", path: "name", value: { familyName: null } }),
        patch("/Users/{{u1}}", { op: "Add", path: "active", value: "False" }),
      ],
      expected: {
        events: [
          created,
          updated({ custom_attributes: { manager_id: null } }),
          updated({ custom_attributes: { manager_id: "someone" } }),
          updated({ last_name: "Lee" }),
          updated({ state: "active" }),
        ],
        final: { users: { "{{u1}}": { name: { givenName: "Ann" }, active: false } } },
      },
    },
  ],
  [
    "Entra adds somebody who is a member already, and removes somebody who is none (WSO2 #5333)",
    "azure scim v2.0",
    {
      steps: [
        post("/Users", ann, "u1"),
        post("/Users", bob, "u2"),
        post("/Groups", { displayName: "Team", externalId: "oid-1" }, "g1"),
        patch("/Groups/{{g1}}", { op: "Add", path: "members", value: [{ $ref: null, value: "{{u1}}" }] }),
        patch("/Groups/{{g1}}", { op: "Add", path: "members", value: [{ $ref: null, value: "{{u1}}" }] }),
        patch("/Groups/{{g1}}", { op: "Remove", path: "members", value: [{ $ref: null, value: "{{u2}}" }] }),
      ],
      expected: {
        events: [created, created, groupCreated, { event: "dsync.group.user_added" }],
        final: { groups: { "{{g1}}": { members: ["{{u1}}"] } } },
      },
    },
  ],
  [
    "OneLogin sends one e-mail as an object, nulls, and an extension with a legacy name in a PUT",
    "onelogin scim v2.0",
    {
      steps: [
        post("/Users?", { ...ann, schemas: ["urn:scim:schemas:core:2.0"], emails: ann.emails[0], title: null }, "u1"),
        write("PUT", "/Users/{{u1}}?", { ...ann, "urn:scim:schemas:extension:enterprise:2.0": { department: "QA" } }),
      ],
      expected: { events: [created, updated({ custom_attributes: { department_name: null } })] },
    },
  ],
  [
    "JumpCloud activates twice with the same address; a PUT without members keeps them",
    "jump cloud scim v2.0",
    {
      steps: [
        post("/Users", ann, "u1"),
        write("DELETE", "/Users/{{u1}}"),
        post("/Users", ann, "u2"),
        post("/Groups", { displayName: "Team", members: members("{{u2}}") }, "g1"),
        write("PUT", "/Groups/{{g1}}", { displayName: "Team A" }),
      ],
      expected: {
        events: [
          created,
          { event: "dsync.user.deleted" },
          created,
          groupCreated,
          { event: "dsync.group.user_added" },
          { event: "dsync.group.updated", previous: { name: "Team" } },
        ],
        final: { groups: { "{{g1}}": { members: ["{{u2}}"] } } },
      },
    },
  ],
  [
    "PingFederate pages through all groups; PingOne replaces all members each time",
    "pingfederate scim v2.0",
    {
      steps: [
        post("/Users", ann, "u1"),
        post("/Users", bob, "u2"),
        post("/Groups", { displayName: "One" }, "g1"),
        post("/Groups", { displayName: "Two" }, "g2"),
        get("/Groups?startIndex=1&count=1", { totalResults: 2, "Resources.0.id": "{{g1}}" }),
        get("/Groups?startIndex=2&count=1", { totalResults: 2, "Resources.0.id": "{{g2}}" }),
        patch("/Groups/{{g1}}", { op: "replace", path: "members", value: members("{{u1}}") }),
        patch("/Groups/{{g1}}", { op: "replace", path: "members", value: members("{{u1}}", "{{u2}}") }),
      ],
      expected: {
        events: [
          created,
          created,
          groupCreated,
          groupCreated,
          { event: "dsync.group.user_added" },
          { event: "dsync.group.user_added" },
        ],
      },
    },
  ],
  [
    "Rippling posts again after a lost answer, gets a 409, and finds the account",
    "rippling scim v2.0",
    {
      steps: [
        post("/Users", ann, "u1"),
        { ...write("POST", "/Users", ann), expect: { status: [409], json: { scimType: "uniqueness", status: "409" } } },
        get("/Users?filter=userName%20eq%20%22ann%40acme.test%22", { totalResults: 1, "Resources.0.id": "{{u1}}" }),
      ],
      expected: { events: [created] },
    },
  ],
  [
    "SailPoint PUTs without active, which lets no leaver back in",
    "sailpoint scim v2.0",
    {
      steps: [
        post("/Users", ann, "u1"),
        patch("/Users/{{u1}}", { op: "replace", path: "active", value: false }),
        write("PUT", "/Users/{{u1}}", { ...ann, active: undefined, title: "Lead" }),
      ],
      expected: {
        events: [created, updated({ state: "active" }), updated({ custom_attributes: { job_title: null } })],
        final: { users: { "{{u1}}": { active: false, title: "Lead" } } },
      },
    },
  ],
  [
    "a person without any address is refused in silence, and taken without a conflict when sent with one",
    "okta scim v2.0",
    {
      steps: [
        { ...write("POST", "/Users", { userName: "ann" }), expect: { status: [400], json: { status: "400" } } },
        post("/Users", { userName: "ann", emails: ann.emails }, "u1"),
      ],
      expected: { events: [created] },
    },
  ],
];

const cases = habits.flatMap(([title, own, transcript]) =>
  [own, "generic scim v2.0"].map((type) => ({ title, type, transcript })),
);

describe("what the recorded transcripts leave out", () => {
  test.each(cases)("$type: $title", async ({ title, type, transcript }) => {
    const running = await startServer();
    const whole: Transcript = { id: "further", idp: type, title, ...transcript };
    expect(await play(running, whole, type)).toEqual([]);
  });
});

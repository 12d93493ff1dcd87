import { expect, test } from "vitest";
import { newUser } from "../fixtures/rows.ts";
import type { DirectoryRow } from "../store/tables.ts";
import { userBody, userText } from "./answers.ts";

const directory = { seq: 1 } as DirectoryRow;
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

test.each<[string, object]>([
  ["of a name alone", { userName: "ann" }],
  ["with everything", { userName: "ann", name: { givenName: "Ann" }, emails: [{ value: "a@x", primary: true }] }],
  ["with an extension", { userName: "ann", [enterprise]: { department: "R&D" } }],
  ["with an extension in capitals", { userName: "ann", "URN:Acme:2.0:User": { badge: 7 } }],
  ["with an URN for a value", { userName: "urn:ann", title: 'says "urn:x"' }],
  ["with characters that JSON escapes", { userName: 'a"b\\c\n\u2028é😀', title: "</script>" }],
  ["without anything", {}],
])("a user %s reads the same as text and as a body", (_name, resource) => {
  const user = { ...newUser(directory, "ann"), seq: 1, resource: JSON.stringify(resource) };
  expect(userText(user, "https://x.test/scim")).toBe(JSON.stringify(userBody(user, "https://x.test/scim")));
});

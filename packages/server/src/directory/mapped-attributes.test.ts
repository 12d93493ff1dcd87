import { expect, test } from "vitest";
import { mappedAttributes } from "./mapped-attributes.ts";

const acme = "urn:acme:2.0:User";

const ann = {
  userName: "ann@acme.test",
  name: { givenName: "Ann" },
  phoneNumbers: [{ type: "work", value: "+46 1" }, { type: "mobile", value: "+46 2" }, { type: "fax" }],
};

test.each([
  ["of an extension that the person does not have", `${acme}:badge`, {}, null],
  ["of an extension that is not made of attributes", `${acme}:badge`, { [acme]: "B-9" }, null],
  ["a whole extension", acme, { [acme]: { badge: "B-9" } }, { badge: "B-9" }],
  ["a whole attribute of parts", "name", {}, { givenName: "Ann" }],
  ["a part of what has no parts", "userName.value", {}, null],
  ["a part of the first element, where none is primary", "phoneNumbers.value", {}, "+46 1"],
  ["an element without a value", 'phoneNumbers[type eq "fax"]', {}, { type: "fax" }],
])("a mapped attribute is %s", (_name, path, more, value) => {
  expect(mappedAttributes({ ...ann, ...more }, { mapped: path }, "User")).toEqual({ mapped: value });
});

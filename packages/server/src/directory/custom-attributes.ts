import { isObject, safeEntries, type JsonObject } from "../scim/json.ts";
import type { ScimResource } from "../scim/model.ts";
import { coreSchemaOf, enterpriseUserUrn } from "../scim/schema/schemas.ts";

/**
 * Everything else a user carries, as the `custom_attributes` of an event.
 *
 * - The predefined names of contract.md section 7.2, where there is a value.
 * - Every other attribute of the core and enterprise schemas, in snake case: a lasting change of a person's data must
 *   be visible in some event.
 * - Unknown attributes and those of custom extensions under the snake case of their own name. When that name is taken,
 *   the attribute stands under its full SCIM path instead, such as `urn:acme:2.0:User:title`. The core schema comes
 *   first, then the enterprise extension, unknown attributes, and custom extensions, each in the order of names, so the
 *   outcome does not depend on the order of a body.
 *
 * Left out: certificates, and pictures sent as data instead of as an address, since neither belongs in a log of events.
 */
export function customAttributes(user: ScimResource, emails: readonly JsonObject[]): Readonly<Record<string, unknown>> {
  const attributes: Record<string, unknown> = {};
  const add = (key: string, path: string, value: unknown): void => {
    if (value === undefined || value === null) return;
    attributes[Object.hasOwn(attributes, key) ? path : key] = value;
  };
  const others: string[] = [];
  if (emails.length > 0) add("emails", "emails", emails.map(emailItem));
  for (const name of Object.keys(user).sort()) {
    const key = coreNames.get(name);
    if (key === undefined) others.push(name);
    else if (key !== null) add(key, name, coreValue(name, user[name]));
  }
  addNameParts(user["name"], add);
  addEnterprise(user[enterpriseUserUrn], add);
  const urns = others.filter(isUrn);
  for (const name of others) if (!isUrn(name)) add(snakeCase(name), name, user[name]);
  for (const urn of urns) if (urn !== enterpriseUserUrn) addExtension(urn, user[urn], add);
  return attributes;
}

/** `employeeNumber` becomes `employee_number`, `profileURL` `profile_url`, `x-badge` `x_badge`. */
export function snakeCase(name: string): string {
  if (/^[a-z0-9]+$/u.test(name)) return name;
  const words: string[] = [];
  let word = "";
  [...name].forEach((character, index, characters) => {
    const before = characters[index - 1] ?? "";
    const after = characters[index + 1] ?? "";
    const startsWord = isUpper(character) && (isLowerOrDigit(before) || (isUpper(before) && isLowerOrDigit(after)));
    if (isSeparator(character) || startsWord) {
      words.push(word);
      word = "";
    }
    if (!isSeparator(character)) word += character.toLowerCase();
  });
  return [...words, word].filter((part) => part !== "").join("_");
}

type Add = (key: string, path: string, value: unknown) => void;

/** Core attributes whose event name is not the snake case of their own (contract.md section 7.2). */
const renamed: ReadonlyMap<string, string> = new Map([
  ["userName", "username"],
  ["title", "job_title"],
  ["userType", "employee_type"],
  // `roles` of an event are the application's own, not what the provider calls roles.
  ["roles", "scim_roles"],
]);

/** Shown elsewhere in the snapshot, or left out on purpose. */
const notCustom: ReadonlySet<string> = new Set(["externalId", "active", "emails", "name", "x509Certificates"]);

/** What each core attribute is called in events; null for those that are not custom. */
const coreNames: ReadonlyMap<string, string | null> = new Map(
  coreSchemaOf("User").attributes.map(({ name }) => [
    name,
    notCustom.has(name) ? null : (renamed.get(name) ?? snakeCase(name)),
  ]),
);

function addNameParts(name: unknown, add: Add): void {
  if (!isObject(name)) return;
  for (const [part, value] of safeEntries(name)) {
    if (part === "givenName" || part === "familyName") continue;
    add(part === "formatted" ? "formatted_name" : snakeCase(part), `name.${part}`, value);
  }
}

function coreValue(name: string, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  switch (name) {
    case "addresses":
      return value.map(addressItem);
    case "photos": {
      const photos = value.filter((photo) => !isObject(photo) || !String(photo["value"]).startsWith("data:"));
      return photos.length === 0 ? undefined : photos;
    }
    default:
      return value;
  }
}

function emailItem(email: JsonObject): JsonObject {
  const { display } = email;
  return {
    primary: email["primary"] === true,
    type: email["type"] ?? null,
    value: email["value"],
    ...(display === undefined ? {} : { display }),
  };
}

function addressItem(address: unknown): unknown {
  if (!isObject(address)) return address;
  const item: Record<string, unknown> = {};
  for (const [name, value] of safeEntries(address)) {
    item[name === "formatted" ? "raw_address" : snakeCase(name)] = value;
  }
  return item;
}

/** Enterprise attributes whose event name is not the snake case of their own (contract.md section 7.2). */
const enterpriseNames: ReadonlyMap<string, string> = new Map([
  ["costCenter", "cost_center_name"],
  ["division", "division_name"],
  ["department", "department_name"],
]);

const managerNames: ReadonlyMap<string, string> = new Map([
  ["value", "manager_id"],
  ["displayName", "manager_name"],
  ["$ref", "manager_ref"],
]);

function addEnterprise(extension: unknown, add: Add): void {
  if (!isObject(extension)) return;
  for (const [name, value] of safeEntries(extension)) {
    const path = `${enterpriseUserUrn}:${name}`;
    if (name !== "manager" || !isObject(value)) {
      add(enterpriseNames.get(name) ?? snakeCase(name), path, value);
      continue;
    }
    for (const [part, item] of safeEntries(value)) {
      add(managerNames.get(part) ?? `manager_${snakeCase(part)}`, `${path}.${part}`, item);
    }
  }
}

function addExtension(urn: string, extension: unknown, add: Add): void {
  if (!isObject(extension)) return;
  for (const [name, value] of safeEntries(extension)) add(snakeCase(name), `${urn}:${name}`, value);
}

function isUrn(name: string): boolean {
  return name.slice(0, 4).toLowerCase() === "urn:";
}

function isUpper(character: string): boolean {
  return character >= "A" && character <= "Z";
}

function isLowerOrDigit(character: string): boolean {
  return (character >= "a" && character <= "z") || (character >= "0" && character <= "9");
}

function isSeparator(character: string): boolean {
  return character === "-" || character === "_" || character === " " || character === ".";
}

import { badRequest } from "./error.ts";
import { isObject } from "./json.ts";

/**
 * Refuses a user that nobody could write to: no e-mail with a value, and a userName that is no address.
 *
 * @throws scim_error 400 with the given reason
 */
export function assertUsableEmail(
  user: Readonly<Record<string, unknown>>,
  reason: "invalidValue" | "invalidSyntax" = "invalidValue",
): void {
  if (!hasUsableEmail(user)) {
    throw badRequest(
      reason,
      "Required attributes missing: emails. Send an e-mail, or use an e-mail address as userName.",
    );
  }
}

/** True when the user has an e-mail with a value, or a userName that can stand in for one. */
export function hasUsableEmail(user: Readonly<Record<string, unknown>>): boolean {
  const { emails, userName } = user;
  const hasValue = Array.isArray(emails) && emails.some((email) => isObject(email) && email["value"] !== undefined);
  return hasValue || isAddress(userName);
}

/** True for text of the form local@domain. Not a full check: only a message that arrives proves an address. */
export function isAddress(value: unknown): value is string {
  if (typeof value !== "string") return false;
  const at = value.indexOf("@");
  return at > 0 && at < value.length - 1 && at === value.lastIndexOf("@") && !hasSpace(value);
}

function hasSpace(text: string): boolean {
  return [" ", "\t", "\n", "\r"].some((space) => text.includes(space));
}

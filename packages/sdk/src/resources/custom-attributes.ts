import type { CustomAttributes, DirectoryUserWithGroups } from "../contract/user.ts";
import { ContractError } from "../errors.ts";
import { flatIssue, type Schema } from "../http/answer.ts";
import type { CallOptions } from "../http/call.ts";

/** What reads of users take as their last argument. */
export interface UserReadOptions<Custom extends object> extends CallOptions {
  /**
   * Checks and types the `custom_attributes` of every user; a zod schema is one. Absent attributes are checked as an
   * empty object, and attributes that the schema does not know are kept.
   */
  readonly customAttributes: Schema<Custom>;
}

/** A user whose custom attributes have been checked. */
export type UserWithCustom<Custom extends object> = DirectoryUserWithGroups<CustomAttributes & Custom> & {
  readonly custom_attributes: CustomAttributes & Custom;
};

/**
 * The user with checked custom attributes: what the schema made of them, over what it left out.
 * @throws ContractError `custom_attributes_invalid`, naming the user and the attributes, and never their values.
 */
export function withCustom<Custom extends object>(
  user: DirectoryUserWithGroups,
  schema: Schema<Custom>,
): UserWithCustom<Custom> {
  const given = user.custom_attributes ?? {};
  const result = schema.safeParse(given);
  if (result.success) return { ...user, custom_attributes: { ...given, ...result.data } };
  const issues = result.error.issues.map(({ path, message }) =>
    flatIssue({ path: ["custom_attributes", ...path], message }),
  );
  const places = issues.map(({ path }) => path).join(", ");
  throw new ContractError(`User ${user.id} has custom attributes that are not what the schema says, at ${places}.`, {
    code: "custom_attributes_invalid",
    retryable: false,
    issues,
  });
}

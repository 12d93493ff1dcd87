/**
 * Where WorkOS, Microsoft's tests and other services disagree, a directory decides. Names and values are those of the API.
 */
export interface ScimPolicy {
  /** Values of a wrong type in a POST or PUT, such as `"True"` for a boolean or one object for a list. A PATCH always coerces. */
  readonly wrong_types: "coerce" | "refuse";
  /** `null` in a POST or PUT. */
  readonly nulls: "unset" | "refuse";
  /** One primary e-mail address of several active users. */
  readonly shared_emails: "allow" | "refuse";
  /** A user created inactive where inactive users do not stay: nobody hears of it until it is active. */
  readonly created_inactive: "hide" | "refuse";
  /** `active`, `externalId` and `members` that a PUT leaves out. */
  readonly omitted_on_put: "keep" | "clear";
  /** The members of an empty group in an answer. */
  readonly empty_members: "list" | "omit";
  /** A user with neither an e-mail address nor a userName that is one, which RFC 7643 allows and the service refuses. */
  readonly missing_emails: "refuse" | "allow";
  /** A PATCH whose filter selects nothing and says what to create: RFC 7644 section 3.5.2.3 refuses, and Entra builds on the contrary. */
  readonly unmatched_filters: "create" | "refuse";
}

/** A policy by one word. */
export type ScimMode = "lenient" | "strict";

/** The modes: `strict` is what WorkOS documents, and where it documents nothing the two are the same. */
export const policies: Readonly<Record<ScimMode, ScimPolicy>> = {
  lenient: {
    wrong_types: "coerce",
    nulls: "unset",
    shared_emails: "allow",
    created_inactive: "hide",
    omitted_on_put: "keep",
    empty_members: "list",
    missing_emails: "refuse",
    unmatched_filters: "create",
  },
  strict: {
    wrong_types: "refuse",
    nulls: "refuse",
    shared_emails: "refuse",
    created_inactive: "refuse",
    omitted_on_put: "keep",
    empty_members: "list",
    missing_emails: "refuse",
    unmatched_filters: "create",
  },
};

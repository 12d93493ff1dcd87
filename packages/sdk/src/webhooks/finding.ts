/** What went wrong, for programs. `nothing` means that the webhook verifies. */
export type FailureCause =
  | "nothing"
  | "secret_missing"
  | "secret_mangled"
  | "secret_of_another"
  | "header_missing"
  | "header_mangled"
  | "schemes_mixed"
  | "time_in_wrong_unit"
  | "time_not_signed"
  | "signed_long_ago"
  | "signed_in_future"
  | "body_parsed"
  | "body_changed"
  | "body_truncated"
  | "body_too_large"
  | "unexplained";

/** One thing that is wrong. */
export interface Finding {
  readonly cause: FailureCause;
  /** A sentence or two, with what to do. Holds no secret, no signature and no body. */
  readonly message: string;
}

/** The webhook is in order. */
export const verifies: Finding = {
  cause: "nothing",
  message: "The webhook verifies with these inputs. Was it refused with another secret, or at another time?",
};

/** A finding about the secrets given. */
export const noSecret: Finding = {
  cause: "secret_missing",
  message: "No secret was given, or an empty one. Is the environment variable set where this runs?",
};

/** The header can be read, and there is nothing to hold against it. */
export const noBody: Finding = {
  cause: "unexplained",
  message: "The headers are in order, and without the body nothing more can be said. Pass `payload`.",
};

/** The sender's mistake. */
export const timeNotSigned: Finding = {
  cause: "time_not_signed",
  message: "The sender signs the body alone. It must sign what the scheme puts in front of it as well.",
};

/** Nothing that is tried makes the signature right. */
export const unexplained: Finding = {
  cause: "unexplained",
  message:
    "No secret given makes this signature over this body, nor over the body without the usual damage. Either the " +
    "secret is another one (pass those of your other endpoints as `otherSecrets`), or the body was changed in a way " +
    "that leaves no trace, such as numbers or keys that a parser has written anew, or this is a forgery.",
};

/** What can be said of an error that carries no evidence. */
export function noEvidence(message: string): Finding {
  const advice = "This error does not carry what was verified. Pass what `verify` was given: payload, headers, secret.";
  return { cause: "unexplained", message: message === "" ? advice : `${message} ${advice}` };
}

/** Signed with a secret that is known, but not here. */
export function otherSecret(name: string): Finding {
  const message = `It is signed with the secret named ${name}. The endpoint or the environment is mixed up.`;
  return { cause: "secret_of_another", message };
}

/** A secret that has suffered on its way to the receiver. */
export function mangledSecret(index: number, count: number, mistake: string): Finding {
  const which = count === 1 ? "The secret" : `Secret ${index + 1} of ${count}`;
  return { cause: "secret_mangled", message: `${which} is nearly right: ${mistake}.` };
}

/** A body that is not what was signed. */
export function changedBody(change: string): Finding {
  const message = `The body was changed before it was verified: ${change}. Verify the bytes as they were received.`;
  return { cause: "body_changed", message };
}

/** A body that a parser has eaten. */
export function parsedBody(rest: string): Finding {
  const message = `A body parser has read the body. ${rest} Verify the raw bytes: see \`receive\` and \`receiveNode\`.`;
  return { cause: "body_parsed", message };
}

/** A body that lacks its end. */
export function truncatedBody(how: string): Finding {
  const message = `The body is not whole: ${how}. Look for a size limit or a time limit in front of the receiver.`;
  return { cause: "body_truncated", message };
}

/** The sender's clock is right and its unit wrong. */
export function wrongUnit(is: string, should: string): Finding {
  const message = `The signature is right, but the sender writes the time in ${is}; this scheme has ${should}.`;
  return { cause: "time_in_wrong_unit", message };
}

/** Too old by the clock of the receiver. */
export function signedLongAgo(distance: string): Finding {
  const message =
    `The signature is right, but it was made ${distance} before it was verified. Either this is a replay, or something ` +
    "in front of the receiver kept it, or this machine's clock is ahead.";
  return { cause: "signed_long_ago", message };
}

/** Too young by the clock of the receiver. */
export function signedInFuture(distance: string): Finding {
  const message = `The signature is right, but it was made ${distance} after now. This machine's clock is behind, or the sender's ahead.`;
  return { cause: "signed_in_future", message };
}

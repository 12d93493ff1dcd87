import { isKnownEventName, knownEventNames, subscribableEventNames } from "@dirsync/sdk";

/**
 * Events of the service that are not about directories, by family. This server has none of them, yet a reader or an endpoint
 * made for the service may name them beside those of directories. Source: the service's OpenAPI document as of July 2026,
 * which with the twelve of directories has 111 (schema `EventSchema`); 93 of these are in the `events` of its webhook endpoints.
 */
const families: Readonly<Record<string, string>> = {
  "action.authentication": "denied",
  "action.user_registration": "denied",
  "agent.registration": "created credential.issued deleted expired organization.switched refreshed revoked",
  "agent.registration.claim": "attempt.created completed",
  api_key: "created revoked updated",
  authentication:
    "email_verification_failed email_verification_succeeded magic_auth_failed magic_auth_succeeded mfa_failed mfa_succeeded " +
    "oauth_failed oauth_succeeded passkey_failed passkey_succeeded password_failed password_succeeded radar_risk_detected " +
    "reauthentication_succeeded sso_failed sso_started sso_succeeded sso_timed_out",
  connection: "activated deactivated deleted saml_certificate_renewal_required saml_certificate_renewed",
  email_verification: "created",
  flag: "created deleted rule_updated updated",
  group: "created deleted member_added member_removed updated",
  invitation: "accepted created resent revoked",
  magic_auth: "created",
  organization: "created deleted updated",
  organization_domain: "created deleted updated verification_failed verified",
  organization_membership: "created deleted updated",
  organization_role: "created deleted updated",
  password_reset: "created succeeded",
  permission: "created deleted updated",
  "pipes.connected_account": "connected connection_failed disconnected reauthorization_needed",
  radar: "challenge_created",
  role: "created deleted updated",
  session: "created revoked",
  user: "created deleted updated",
  vault:
    "byok_key.deleted byok_key.verification_completed data.created data.deleted data.read data.updated dek.decrypted dek.read " +
    "kek.created kek.deleted metadata.read names.listed",
  waitlist_user: "approved created denied",
};

/** Of these, what webhook endpoints are not told of. */
const unsubscribable: readonly RegExp[] = [
  /^action\./u,
  /^authentication\.(?:email_verification|mfa)_failed$/u,
  /^vault\./u,
];

const foreign = new Set(
  Object.entries(families).flatMap(([family, names]) => names.split(" ").map((name) => `${family}.${name}`)),
);
const subscribable = new Set<string>([
  ...subscribableEventNames,
  ...[...foreign].filter((name) => !unsubscribable.some((pattern) => pattern.test(name))),
]);

/** Every event name that the service has. */
export const serviceEventNames: readonly string[] = [...knownEventNames, ...foreign];

/** True for the name of an event that the service has. Only those of directories ever occur here. */
export function isServiceEvent(name: string): boolean {
  return isKnownEventName(name) || foreign.has(name);
}

/** True for the name of an event that the service tells webhook endpoints of. */
export function isSubscribable(name: string): boolean {
  return subscribable.has(name);
}

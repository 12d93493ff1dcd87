import { object, text, type Check } from "./check.ts";

/** What the portal is opened for (POST /portal/generate_link). */
export type PortalIntent =
  | "sso"
  | "dsync"
  | "audit_logs"
  | "log_streams"
  | "domain_verification"
  | "certificate_renewal"
  | "bring_your_own_key";

/** The answer to POST /portal/generate_link. */
export interface PortalLink {
  /** Opens the portal without another sign-in: treat it as a secret. It expires five minutes after it was made. */
  readonly link: string;
  readonly [field: string]: unknown;
}

/** Checks a portal link. */
export const portalLinkCheck: Check<PortalLink> = object({ link: text });

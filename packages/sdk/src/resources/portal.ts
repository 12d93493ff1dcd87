import { portalLinkCheck, type PortalIntent, type PortalLink } from "../contract/portal.ts";
import { ConfigError } from "../errors.ts";
import type { ApiCalls, ChangeOptions } from "../http/call.ts";
import { path } from "../http/path.ts";
import { maskWhenPrinted } from "./printed.ts";

/** A link to make. */
export interface PortalLinkDraft {
  /** Id of the organization that the portal is opened for. */
  readonly organization: string;
  /** What the admin is to do there; `dsync` sets up a directory. Required, although the service guesses without. */
  readonly intent: PortalIntent;
  /** Where the way back leads. */
  readonly return_url?: string | undefined;
  /** Where the admin goes when the setup is done. */
  readonly success_url?: string | undefined;
  /** At most 20 addresses of people who may use the portal. */
  readonly it_contact_emails?: readonly string[] | undefined;
}

/** The setup portal, in which a customer's IT admin connects a directory. */
export class Portal {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    this.#calls = calls;
  }

  /**
   * Makes a link that opens the portal without another sign-in. It expires five minutes after it was made: make it when
   * the admin clicks, and do not mail it. Printing the answer hides the link; writing it as JSON does not.
   * @throws ApiError 404 for an unknown organization, 422.
   */
  async generateLink(draft: PortalLinkDraft, options?: ChangeOptions): Promise<PortalLink> {
    refuseMissingIntent(draft);
    const request = { method: "POST", ...path`/portal/generate_link`, body: draft } as const;
    return maskWhenPrinted(await this.#calls.read(request, portalLinkCheck, options), "link");
  }
}

/** JavaScript callers have no compiler to tell them. */
function refuseMissingIntent(draft: { readonly intent?: PortalIntent }): void {
  if (draft.intent !== undefined) return;
  throw new ConfigError('intent is missing. Pass what the portal is opened for, for example "dsync".', {
    where: "intent",
  });
}

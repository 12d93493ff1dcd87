/**
 * Forms that a browser sends a second time, because the page that answers one has the token and so cannot be an address of
 * its own: it is loaded again, or gone back to. What a form asks for is done once. A second directory would have another
 * address and token than the one that the provider has, and everything would seem to wait.
 */
import type { Data } from "../store/model.ts";
import type { TokenWish } from "./acts.ts";
import type { ProviderGuide } from "./providers/index.ts";
import type { Visit, VisitAt } from "./visit.ts";

/** Where a choice of a provider leads that was made on a page from before the visit came to its directory; null for any other. */
export function choiceSentAgain(
  { session, directory }: Visit,
  { at, provider }: { readonly at: string | null; readonly provider: ProviderGuide },
): "setup" | "choose" | null {
  // One that nothing has come to becomes another provider's, however often that is asked for.
  if (directory === null || directory.connected_at === null || at === directory.id) return null;
  return session.provider === provider.slug ? "setup" : "choose";
}

/** Whether the token has been made that a form asks for: a newer one is there than the one it knew. */
export async function isTokenMade(data: Data, { directory }: VisitAt, { before }: TokenWish): Promise<boolean> {
  const tokens = await data.directoryTokens.ofDirectory(directory.seq);
  const newest = tokens.filter(({ scope }) => scope === "provisioning").at(-1);
  return newest !== undefined && newest.id !== before;
}

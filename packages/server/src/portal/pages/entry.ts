import { html } from "../html.ts";
import type { Html } from "../html.ts";
import { layout } from "./layout.ts";

/** What a link opens. The link is used up by the button, not by being opened. */
export function entryPage({ organization, secret }: { readonly organization: string; readonly secret: string }): Html {
  return layout({
    title: "Connect your directory",
    organization,
    body: html`<h1>Connect your directory</h1>
      <p>
        In a few minutes the people and groups of <strong>${organization}</strong> come from your identity provider, and
        whoever leaves loses access without anybody having to remember it.
      </p>
      <p>You need the rights of an administrator at your identity provider.</p>
      <form method="post" action="start">
        <input type="hidden" name="token" value="${secret}" />
        <button class="primary">Start</button>
      </form>
      <p class="hint">This link works once. The session that it begins lasts an hour.</p>`,
  });
}

/** Why there is nothing to be seen, and what to do. */
export interface Refusal {
  readonly title: string;
  readonly text: string;
  /** Where the way back leads, if that is known. */
  readonly returnUrl: string | null;
  /** The page that a session which may still run in this browser goes on with. */
  readonly goOnUrl?: string | null;
}

/** A page for a link or session that does not work. It tells no more than that. */
export function refusalPage({ title, text, returnUrl, goOnUrl = null }: Refusal): Html {
  return layout({
    title,
    organization: null,
    body: html`<h1>${title}</h1>
      <p>${text}</p>
      ${goOnUrl === null ? null : html`<p><a class="button primary" href="${goOnUrl}">Go on with the session</a></p>`}
      ${returnUrl === null ? null : html`<p><a class="button" rel="noreferrer" href="${returnUrl}">Go back</a></p>`}`,
  });
}

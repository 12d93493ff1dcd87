import { html } from "../html.ts";
import type { Html } from "../html.ts";
import type { StatusItem } from "../status.ts";
import { layout } from "./layout.ts";

/** What the last page says. */
export interface Finished {
  readonly organization: string;
  readonly status: readonly StatusItem[];
  /** Where the way leads from here. */
  readonly nextUrl: string | null;
}

/** The end of a session. */
export function finishedPage({ organization, status, nextUrl }: Finished): Html {
  const hasUsers = status.some(({ id, state }) => id === "first_user" && state === "done");
  const waiting = html`Nothing has come from your identity provider yet. It may still do so: what you have set up there
  goes on without this page.`;
  return layout({
    title: "Directory setup is finished",
    organization,
    body: html`<h1>${hasUsers ? "Your directory is connected" : "This session is finished"}</h1>
      <ul class="arrived">
        ${status.map(({ state, text }) => html`<li data-state="${state}">${text}</li>`)}
      </ul>
      ${hasUsers ? null : html`<p>${waiting}</p>`}
      ${
        nextUrl === null
          ? html`<p>You can close this page.</p>`
          : html`<p><a class="button primary" rel="noreferrer" href="${nextUrl}">Go back to the app</a></p>`
      }`,
  });
}

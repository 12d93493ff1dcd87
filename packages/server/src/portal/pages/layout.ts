import { html } from "../html.ts";
import type { Html } from "../html.ts";

/** What every page has. */
export interface Layout {
  readonly title: string;
  /** Whose directory it is about; null where that is not to be told. */
  readonly organization: string | null;
  readonly body: Html;
  /** Where the way back leads, while there is one. */
  readonly returnUrl?: string | null;
}

/** A page of the portal. */
export function layout({ title, organization, body, returnUrl = null }: Layout): Html {
  return html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      <title>${title}</title>
      <link rel="stylesheet" href="portal.css" />
      <script src="portal.js" defer></script>
    </head>
    <body>
      <header>
        <p class="place">
          <span>Directory setup${organization === null ? null : html` · <strong>${organization}</strong>`}</span>
          ${returnUrl === null ? null : html`<a rel="noreferrer" href="${returnUrl}">Back to the app</a>`}
        </p>
      </header>
      <main>${body}</main>
    </body>
  </html>`;
}

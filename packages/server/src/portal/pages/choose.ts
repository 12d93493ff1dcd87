import type { DirectoryRow } from "../../store/tables.ts";
import { html } from "../html.ts";
import type { Html } from "../html.ts";
import { providerFor, providers } from "../providers/index.ts";
import { layout } from "./layout.ts";

/** What there is to choose from. */
export interface Choice {
  readonly organization: string;
  readonly returnUrl: string | null;
  readonly formKey: string;
  /** The directory that the visit is at while this page is shown; empty without one. */
  readonly at: string;
  /** What the organization has already. */
  readonly directories: readonly DirectoryRow[];
}

/** Which directory to look after, or which provider to connect. */
export function choosePage({ organization, returnUrl, formKey, at, directories }: Choice): Html {
  return layout({
    title: "Choose your identity provider",
    organization,
    returnUrl,
    body: html`${directories.length === 0 ? null : existing(directories, formKey)}
      <h1>${directories.length === 0 ? "Which identity provider do you use?" : "Or connect a provider"}</h1>
      <p class="hint">
        An identity provider is where your colleagues' accounts are made, and closed when somebody leaves.
      </p>
      <form method="post" action="provider" class="choices">
        <input type="hidden" name="form_key" value="${formKey}" />
        <input type="hidden" name="at" value="${at}" />
        ${providers.map(({ slug, name }) => html`<button name="provider" value="${slug}">${name}</button>`)}
      </form>`,
  });
}

function existing(directories: readonly DirectoryRow[], formKey: string): Html {
  return html`<h1>Your directories</h1>
    <form method="post" action="directory" class="choices">
      <input type="hidden" name="form_key" value="${formKey}" />
      ${directories.map(
        (directory) =>
          html`<button name="directory" value="${directory.id}">
            ${providerFor(directory.type, null).name} <small>${standing(directory)}</small>
          </button>`,
      )}
    </form>`;
}

/** With the day it was made: an organization may have two of one provider. */
function standing({ connected_at: connectedAt, users_active: active, created_at: createdAt }: DirectoryRow): string {
  const users = active === 1 ? "1 active user" : `${String(active)} active users`;
  return `${connectedAt === null ? "not connected yet" : users}, made on ${createdAt.slice(0, 10)}`;
}

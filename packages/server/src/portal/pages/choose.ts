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
  /** What the organization has already. */
  readonly directories: readonly DirectoryRow[];
}

/** Which directory to look after, or which provider to connect. */
export function choosePage({ organization, returnUrl, formKey, directories }: Choice): Html {
  return layout({
    title: "Choose your identity provider",
    organization,
    returnUrl,
    body: html`${directories.length === 0 ? null : existing(directories, formKey)}
      <h1>${directories.length === 0 ? "Which identity provider do you use?" : "Or connect a provider"}</h1>
      <form method="post" action="provider" class="choices">
        <input type="hidden" name="form_key" value="${formKey}" />
        ${providers.map(({ slug, name }) => html`<button name="provider" value="${slug}">${name}</button>`)}
      </form>
      <p class="hint">
        It is where your colleagues' accounts are made, and where they are closed when somebody leaves.
      </p>`,
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

function standing(directory: DirectoryRow): string {
  if (directory.connected_at === null) return "not connected yet";
  return `${String(directory.users_active)} active users`;
}

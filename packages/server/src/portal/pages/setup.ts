import type { DirectoryTokenRow } from "../../store/tables.ts";
import { html } from "../html.ts";
import type { Html } from "../html.ts";
import type { ProviderGuide } from "../providers/index.ts";
import type { StatusItem } from "../status.ts";
import { layout } from "./layout.ts";

/** What the page about one directory shows. */
export interface Setup {
  readonly organization: string;
  readonly returnUrl: string | null;
  readonly formKey: string;
  readonly provider: ProviderGuide;
  readonly scimUrl: string;
  /** The token, on the page that answers its making and on no other. */
  readonly token: string | null;
  /** Those that work, oldest first. */
  readonly tokens: readonly DirectoryTokenRow[];
  readonly status: readonly StatusItem[];
  /** False lets the provider still be another one. */
  readonly isConnected: boolean;
}

/** How to connect one provider, and what has come from it. */
export function setupPage(setup: Setup): Html {
  const { organization, returnUrl, provider } = setup;
  return layout({
    title: `Connect ${provider.name}`,
    organization,
    returnUrl,
    body: html`<h1>Connect ${provider.name}</h1>
      <p><a href="choose">${setup.isConnected ? "All directories" : "Choose another provider"}</a></p>
      <div class="columns">
        <section aria-labelledby="values" class="values">
          <h2 id="values">What ${provider.name} asks for</h2>
          ${copied({ id: "scim-url", label: provider.urlLabel, value: setup.scimUrl })}
          ${setup.token === null ? tokenKept(setup) : tokenShown(provider, setup.token)}
        </section>
        <section aria-labelledby="steps" class="steps">
          <h2 id="steps">Step by step</h2>
          <ol>
            ${provider.steps.map((step) => html`<li>${emphasized(step)}</li>`)}
          </ol>
          ${provider.notes.length === 0 ? null : html`<h3>Good to know</h3>`}
          <ul>
            ${provider.notes.map((note) => html`<li>${emphasized(note)}</li>`)}
          </ul>
        </section>
        <section aria-labelledby="status" class="status">
          <h2 id="status">What has arrived</h2>
          <ul data-status aria-live="polite">
            ${setup.status.map(({ id, state, text }) => html`<li data-id="${id}" data-state="${state}">${text}</li>`)}
          </ul>
          <noscript
            ><p><a href="setup">Look again</a></p></noscript
          >
          <form method="post" action="finish">
            <input type="hidden" name="form_key" value="${setup.formKey}" />
            <button class="primary">Finish</button>
          </form>
        </section>
      </div>`,
  });
}

function copied({ id, label, value }: { readonly id: string; readonly label: string; readonly value: string }): Html {
  return html`<div class="field">
    <label for="${id}">${label}</label>
    <div class="copied">
      <input id="${id}" readonly spellcheck="false" autocomplete="off" value="${value}" />
      <button type="button" hidden data-copy="${id}" aria-label="Copy ${label}">Copy</button>
    </div>
  </div>`;
}

function tokenShown(provider: ProviderGuide, token: string): Html {
  return html`${copied({ id: "token", label: provider.tokenLabel, value: token })}
    <p class="warning" role="status">Copy the token now: it is shown this once and kept by nobody.</p>`;
}

/** Without scripts, too, the choice of when the one before ends is a form of its own. */
function tokenKept({ provider, tokens, formKey }: Setup): Html {
  const [newest] = tokens.filter(({ scope }) => scope === "provisioning").slice(-1);
  if (newest === undefined) {
    return html`<h3>${provider.tokenLabel}</h3>
      <p>There is no token that works.</p>
      <form method="post" action="token">
        <input type="hidden" name="form_key" value="${formKey}" />
        <button>Make a token</button>
      </form>`;
  }
  return html`<h3>${provider.tokenLabel}</h3>
    <p>
      ${newest.suffix === "" ? "It" : html`The one that ends in <code>…${newest.suffix}</code>`} was shown when it was
      made.
    </p>
    <details>
      <summary>Make another token</summary>
      <form method="post" action="token">
        <input type="hidden" name="form_key" value="${formKey}" />
        <input type="hidden" name="before" value="${newest.id}" />
        <label for="overlap">The one before works</label>
        <select id="overlap" name="overlap_hours">
          <option value="24">for another day, so that you can replace it</option>
          <option value="168">for another week</option>
          <option value="0">no longer: nobody uses it, or it has leaked</option>
        </select>
        <button>Make another token</button>
      </form>
    </details>`;
}

/** `**text**` is what stands on the pages of the provider. */
function emphasized(text: string): readonly Html[] {
  return text.split("**").map((part, index) => (index % 2 === 1 ? html`<strong>${part}</strong>` : html`${part}`));
}

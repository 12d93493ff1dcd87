import { describe, expect, test } from "vitest";
import { directoriesOf, portalStage, providerAt, type TestBrowser } from "../fixtures/portal-browser.ts";
import type { RunningServer } from "../fixtures/running-server.ts";

const mara = { method: "POST", body: JSON.stringify({ userName: "mara@acme.example" }) };

/** Chooses a provider; the answer is a function that sends the same form once more, as loading its answer again does. */
async function choose(browser: TestBrowser, provider: string): Promise<() => Promise<unknown>> {
  const at = browser.hidden("provider", "at");
  const formKey = browser.hidden("provider", "form_key");
  await browser.submit("provider", { provider });
  const { url } = browser.page;
  return async () => await browser.post(url, { provider, at, form_key: formKey });
}

async function tokensOf({ api }: RunningServer, id: string): Promise<readonly { readonly id: string }[]> {
  return ((await api(`/directories/${id}/tokens`)).body as { data: { id: string }[] }).data;
}

describe("a form that a browser sends again", () => {
  test("makes no second directory when the first has been connected: its page is shown, with what has arrived", async () => {
    const { service, started } = await portalStage();
    const browser = await started();
    const again = await choose(browser, "entra");
    const [scimUrl, ask] = [browser.value("scim-url"), providerAt(browser)];
    await ask("/Users", mara);
    await again();
    expect(browser.page).toMatchObject({ status: 200, url: expect.stringMatching(/\/setup$/u) as string });
    expect(browser.value("scim-url")).toBe(scimUrl);
    expect(browser.page.html).toContain("First user synced at");
    expect(await directoriesOf(service)).toHaveLength(1);
  });

  test("leads to the choice when it was for another provider", async () => {
    const { service, started } = await portalStage();
    const browser = await started();
    const old = { at: browser.hidden("provider", "at"), form_key: browser.hidden("provider", "form_key") };
    await choose(browser, "entra");
    await providerAt(browser)("/Users", mara);
    await browser.post(browser.page.url, { ...old, provider: "okta" });
    expect(browser.page.url).toMatch(/\/choose$/u);
    expect(await directoriesOf(service)).toHaveLength(1);
    // (control) Chosen there, it is a second directory.
    await browser.submit("provider", { provider: "okta" });
    expect(await directoriesOf(service)).toHaveLength(2);
  });

  test.each(["24", "0"])("makes no second token; the one before ends as was said (%s hours)", async (overlap) => {
    const { service, started } = await portalStage();
    const browser = await started();
    await browser.submit("provider", { provider: "okta" });
    await browser.open(new URL("setup", browser.page.url).href);
    const fields = { before: browser.hidden("token", "before"), form_key: browser.hidden("token", "form_key") };
    await browser.submit("token", { overlap_hours: overlap });
    const [ask, { url }] = [providerAt(browser), browser.page];
    const [directory] = await directoriesOf(service);
    const made = await tokensOf(service, directory?.id ?? "");
    await browser.post(url, { ...fields, overlap_hours: overlap });
    expect(browser.page).toMatchObject({ status: 200, url: expect.stringMatching(/\/setup$/u) as string });
    expect(await tokensOf(service, directory?.id ?? "")).toEqual(made);
    expect((await ask("/Users")).status).toBe(200);
  });
});

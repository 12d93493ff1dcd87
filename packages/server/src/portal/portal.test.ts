import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Script } from "node:vm";
import type { Logger } from "@dirsync/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { directoryTypes } from "../api/directory-types.ts";
import { ManualClock } from "../fixtures/manual-clock.ts";
import { directoriesOf, portalStage, providerAt, TestBrowser } from "../fixtures/portal-browser.ts";
import { runtimeWith, text } from "../fixtures/running-server.ts";
import type { RunningServer } from "../fixtures/running-server.ts";
import { digestOf } from "../ids.ts";
import { profileOf } from "../profiles/index.ts";
import { providerFor, providers } from "./providers/index.ts";

const minuteMs = 60_000;

async function names({ api }: RunningServer): Promise<string[]> {
  const all = "dsync.activated,dsync.deleted,dsync.user.created,dsync.token.created,dsync.token.revoked";
  return ((await api(`/events?events=${all}&limit=100`)).body as { data: { event: string }[] }).data.map(
    ({ event }) => event,
  );
}

const mara = { method: "POST", body: JSON.stringify({ userName: "mara@acme.example" }) };

describe("connecting a provider", () => {
  test.each(providers.map((provider) => [provider.name, provider] as const))(
    "%s: the page has its steps, its own words for the two values, and a directory of its type",
    async (name, provider) => {
      const { service, started } = await portalStage();
      const browser = await started();
      const { html } = await browser.submit("provider", { provider: provider.slug });
      expect(html).toContain(`<h1>Connect ${name}</h1>`);
      expect(html).toContain(`<label for="scim-url">${provider.urlLabel}</label>`);
      expect(html).toContain(`<label for="token">${provider.tokenLabel}</label>`);
      expect(html).toContain("What has arrived");
      expect(html.match(/<li>/gu)).toHaveLength(provider.steps.length + provider.notes.length);
      expect(html).not.toContain("**");
      const answer = await providerAt(browser)("/Users");
      expect(answer.status).toBe(200);
      expect(await directoriesOf(service)).toMatchObject([{ type: provider.directoryType, state: "unlinked" }]);
      expect((await browser.open(new URL("setup", browser.page.url).href)).html).toContain(`Connect ${name}`);
    },
  );

  test("there is a guide for every provider that the server has a profile of", () => {
    const types = directoryTypes.filter((type) => type.includes("scim") && profileOf(type).name !== "generic");
    expect(types.length).toBeGreaterThan(5);
    for (const type of types) expect([type, providerFor(type, null).directoryType]).toEqual([type, type]);
  });

  test("the token is on one page, once, and in no address, no other page and no log; the data file has a digest", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dirsync-portal-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const lines: string[] = [];
    const note = (kept: object, message: string): void => void lines.push(JSON.stringify([kept, message]));
    const log: Logger = { debug: note, info: note, warn: note, error: note };
    const { service, link } = await portalStage({ dataFile: join(folder, "server.db"), runtime: runtimeWith({ log }) });
    const address = text(await link(), "link");
    const browser = new TestBrowser();
    await browser.open(address);
    await browser.submit("start");
    const shown = await browser.submit("provider", { provider: "okta" });
    const token = browser.value("token") ?? "";
    expect(token).toMatch(/^dsync_[\w-]{43}$/u);
    expect(shown.html.split(token)).toHaveLength(2);
    expect(shown.url).not.toContain("token=");
    await providerAt(browser, token)("/Users", mara);
    for (const path of ["setup", "choose", "status"]) {
      const page = await browser.open(new URL(path, shown.url).href);
      expect([path, page.status, page.html.includes(token)]).toEqual([path, 200, false]);
    }
    await service.server.close();
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"));
    const secrets = [token, new URL(address).searchParams.get("token") ?? "", browser.cookie.split("=")[1] ?? ""];
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(40);
      expect([...files, lines.join("\n")].some((kept) => kept.includes(secret))).toBe(false);
      // (control) What is kept of it is found.
      expect(files.some((kept) => kept.includes(digestOf(secret)))).toBe(true);
    }
    expect(lines.length).toBeGreaterThan(0);
  });

  test("what arrives is seen: nothing, the connection test, a wrong token, the first user, how many there are", async () => {
    const clock = new ManualClock();
    const { started } = await portalStage({ runtime: clock.runtime });
    const browser = await started();
    await browser.submit("provider", { provider: "entra" });
    const ask = providerAt(browser);
    const seen = async () => {
      const answer = await fetch(new URL("status", browser.page.url), { headers: { Cookie: browser.cookie } });
      const { items } = (await answer.json()) as { items: { id: string; state: string; text: string }[] };
      return items.map(({ id, state }) => `${id} ${state}`);
    };
    expect(await seen()).toEqual(["connection waiting", "first_user waiting", "totals waiting"]);
    await providerAt(browser, "wrong")("/Users?filter=userName%20eq%20%22x%22");
    expect(await seen()).toEqual(["connection waiting", "refused wrong", "first_user waiting", "totals waiting"]);
    clock.advance(1_000);
    await ask("/Users?filter=userName%20eq%20%22x%22");
    expect(await seen()).toEqual(["connection done", "first_user waiting", "totals waiting"]);
    await ask("/Users", mara);
    expect(await seen()).toEqual(["connection done", "first_user done", "totals done"]);
    await ask("/Groups", { method: "POST", body: JSON.stringify({ displayName: "Engineering" }) });
    const { html } = await browser.open(new URL("setup", browser.page.url).href);
    expect(html).toContain("1 user, 1 group in the directory");
    expect(html).toContain("First user synced at 2026-11-26 09:00:01 UTC");
  });

  test("the log hears of the directory when its first user comes, and not of one that nothing came to", async () => {
    const { service, started } = await portalStage();
    const browser = await started();
    await browser.submit("provider", { provider: "okta" });
    const ask = providerAt(browser);
    await ask("/Users");
    expect(await names(service)).toEqual(["dsync.token.created"]);
    await ask("/Users", mara);
    expect(await names(service)).toEqual(["dsync.token.created", "dsync.activated", "dsync.user.created"]);
    expect(await directoriesOf(service)).toMatchObject([{ state: "linked" }]);
    const unused = await started();
    await unused.submit("provider", { provider: "entra" });
    const [directory] = (await directoriesOf(service)).filter(({ state }) => state === "unlinked");
    await service.api(`/directories/${directory?.id ?? ""}`, { method: "DELETE" });
    expect((await names(service)).slice(3)).toEqual(["dsync.token.created"]);
  });

  test("what the log says then names the domains of the organization", async () => {
    const { service, started } = await portalStage();
    const body = { name: "Acme", domains: ["acme.example"] };
    const organization = text(await service.api("/organizations", { method: "POST", body }), "id");
    const browser = await started({}, organization);
    await browser.submit("provider", { provider: "okta" });
    await providerAt(browser)("/Users", mara);
    const [activated] = await service.events();
    expect(activated).toMatchObject({ event: "dsync.activated", data: { domains: [{ domain: "acme.example" }] } });
  });

  test("a provider chosen by mistake becomes another one, with the same directory and token", async () => {
    const { service, started } = await portalStage();
    const browser = await started();
    await browser.submit("provider", { provider: "okta" });
    const ask = providerAt(browser);
    await browser.open(new URL("choose", browser.page.url).href);
    const { html } = await browser.submit("provider", { provider: "pingone" });
    expect(html).toContain("Connect PingOne");
    expect(await directoriesOf(service)).toMatchObject([{ type: "generic scim v2.0" }]);
    expect((await ask("/Users")).status).toBe(200);
  });

  test("a token that was not copied is replaced, and the one before ends when the admin said", async () => {
    const clock = new ManualClock();
    const { started } = await portalStage({ runtime: clock.runtime });
    const browser = await started();
    await browser.submit("provider", { provider: "okta" });
    const first = providerAt(browser);
    await browser.open(new URL("setup", browser.page.url).href);
    await browser.submit("token", { overlap_hours: "24" });
    const second = providerAt(browser);
    expect([(await first("/Users")).status, (await second("/Users")).status]).toEqual([200, 200]);
    clock.advance(24 * 60 * minuteMs);
    expect([(await first("/Users")).status, (await second("/Users")).status]).toEqual([401, 200]);
  });

  test("a second link goes on with the directory of the first", async () => {
    const { service, started } = await portalStage();
    await (await started()).submit("provider", { provider: "onelogin" });
    const [directory] = await directoriesOf(service);
    const browser = await started();
    expect(browser.page.html).toContain("not connected yet");
    const { html } = await browser.submit("directory", { directory: directory?.id ?? "" });
    expect(html).toContain("Connect OneLogin");
    expect(browser.value("token")).toBeNull();
    expect(await directoriesOf(service)).toHaveLength(1);
  });

  test("at the end the way leads to the success address, and the session is over", async () => {
    const { started } = await portalStage();
    const urls = { return_url: "https://app.example/back", success_url: 'https://app.example/done?a="b"&c=d' };
    const browser = await started(urls);
    await browser.submit("provider", { provider: "okta" });
    await providerAt(browser)("/Users", mara);
    const setup = browser.page.url.replace(/provider$/u, "setup");
    const { html } = await browser.submit("finish");
    expect(html).toContain("Your directory is connected");
    expect(html).toContain('href="https://app.example/done?a=&quot;b&quot;&amp;c=d"');
    expect(browser.given.at(-1)).toMatch(/^dirsync_portal=; .*Max-Age=0/u);
    const kept = new TestBrowser();
    kept.cookie = browser.given[0]?.split(";")[0] ?? "";
    expect((await kept.open(setup)).status).toBe(401);
  });
});

describe("what a visitor does", () => {
  test("is on record: by which session, to what, with which browser and request, and never a secret", async () => {
    const { service, organization, started } = await portalStage();
    const browser = await started({ success_url: "https://app.example/done" });
    await browser.submit("provider", { provider: "okta" });
    const first = browser.value("token") ?? "";
    const [directory] = await directoriesOf(service);
    await browser.open(new URL("setup", browser.page.url).href);
    await browser.submit("token", { overlap_hours: "24" });
    const second = browser.value("token") ?? "";
    await browser.open(new URL("choose", browser.page.url).href);
    await browser.submit("provider", { provider: "pingone" });
    await browser.open(new URL("setup", browser.page.url).href);
    await browser.submit("finish");
    const entries = await auditOf(service);
    const token = expect.stringMatching(/^directory_token_/u) as string;
    expect(entries.map(({ action, target_id: target }) => [action, target])).toEqual([
      ["organization.created", organization],
      ["portal.link_generated", organization],
      ["portal.link_used", organization],
      ["directory.created", directory?.id],
      ["directory_token.rotated", token],
      ["directory.provider_changed", directory?.id],
      ["portal.session_finished", organization],
    ]);
    const visitor = { type: "portal_session", id: expect.stringMatching(/^[0-9a-f]{8}$/u) as string };
    const own = entries.slice(2);
    for (const entry of own) expect(entry).toMatchObject({ actor: visitor, request_id: expect.any(String) as string });
    expect(new Set(own.map(({ actor }) => actor.id)).size).toBe(1);
    const [, cookie = ""] = (browser.given[0] ?? "").split(/[=;]/u);
    for (const canary of [first, second, cookie]) {
      expect(canary.length).toBeGreaterThan(20);
      expect(JSON.stringify(entries)).not.toContain(canary);
    }
  });

  test("tells a token that is made from one that takes the place of another", async () => {
    const { service, started } = await portalStage();
    const browser = await started();
    await browser.submit("provider", { provider: "okta" });
    const [directory] = await directoriesOf(service);
    const path = `/directories/${directory?.id ?? ""}/tokens`;
    const tokens = async () => ((await service.api(path)).body as { data: { id: string }[] }).data;
    for (const { id } of await tokens()) await service.api(`${path}/${id}`, { method: "DELETE" });
    await browser.open(new URL("setup", browser.page.url).href);
    await browser.submit("token");
    const [made] = await tokens();
    expect((await auditOf(service)).at(-1)).toMatchObject({ action: "directory_token.created", target_id: made?.id });
  });

  test("is not on record when it is refused, or only looked at", async () => {
    const { service, started, link } = await portalStage();
    const browser = await started();
    const before = await auditOf(service);
    await browser.submit("provider", { provider: "carrier pigeon" });
    await browser.open(new URL("choose", browser.page.url).href);
    const stolen = new TestBrowser();
    await stolen.open(new URL("setup", browser.page.url).href);
    expect(await auditOf(service)).toEqual(before);
    // (control) A link that is used twice is used once.
    const address = text(await link(), "link");
    const [one, two] = [new TestBrowser(), new TestBrowser()];
    for (const each of [one, two]) await each.open(address);
    for (const each of [one, two]) await each.submit("start");
    expect((await auditOf(service)).slice(before.length).map(({ action }) => action)).toEqual([
      "portal.link_generated",
      "portal.link_used",
    ]);
  });
});

interface AuditEntry {
  readonly action: string;
  readonly target_id: string | null;
  readonly actor: { readonly type: string; readonly id: string | null };
}

async function auditOf({ api }: RunningServer): Promise<readonly AuditEntry[]> {
  return ((await api("/audit_log?order=asc&limit=100")).body as { data: AuditEntry[] }).data;
}

describe("the pages' own files", () => {
  test.each([
    ["portal.css", "text/css"],
    ["portal.js", "text/javascript"],
  ])("%s is served as what it is", async (name, type) => {
    const { service } = await portalStage();
    const answer = await fetch(`${service.url}/portal/${name}`);
    const answered = await answer.text();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, `${type}; charset=utf-8`]);
    // It is parsed, and not run.
    if (name.endsWith(".js")) expect(() => new Script(answered)).not.toThrow();
  });
});

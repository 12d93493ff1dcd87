import { describe, expect, test } from "vitest";
import { ManualClock } from "../fixtures/manual-clock.ts";
import { directoriesOf, organizationOf, portalStage, TestBrowser } from "../fixtures/portal-browser.ts";
import { fields, text } from "../fixtures/running-server.ts";
import { digestOf } from "../ids.ts";

const minuteMs = 60_000;

describe("a link", () => {
  test("is made as the service makes it, and opens a page that says whose directory it is about", async () => {
    const { link } = await portalStage();
    const made = await link();
    expect([made.status, Object.keys(fields(made))]).toEqual([201, ["link"]]);
    const browser = new TestBrowser();
    const { status, html } = await browser.open(text(made, "link"));
    expect(status).toBe(200);
    expect(html).toContain("Acme &lt;b&gt;&amp;amp; Sons");
    expect(html).not.toContain("<b>&amp;");
  });

  test("is not used up by being opened, and works once", async () => {
    const { link } = await portalStage({});
    const address = text(await link({ return_url: "https://app.example/settings" }), "link");
    for (let opening = 0; opening < 3; opening += 1) await fetch(address);
    const [first, second] = [new TestBrowser(), new TestBrowser()];
    await first.open(address);
    await second.open(address);
    expect((await first.submit("start")).html).toContain("Which identity provider do you use?");
    const late = await second.submit("start");
    expect([late.status, second.cookie]).toEqual([410, ""]);
    expect(late.html).toContain("This link has been used");
    expect(late.html).toContain('href="https://app.example/settings"');
    expect((await new TestBrowser().open(address)).status).toBe(410);
  });

  test("ends after five minutes, and says so", async () => {
    const clock = new ManualClock();
    const { link } = await portalStage({ runtime: clock.runtime });
    const address = text(await link(), "link");
    const browser = new TestBrowser();
    clock.advance(5 * minuteMs - 1);
    expect((await browser.open(address)).status).toBe(200);
    clock.advance(1);
    const late = await browser.submit("start");
    expect([late.status, browser.cookie]).toEqual([410, ""]);
    expect(late.html).toContain("This link has expired");
    expect((await browser.open(address)).html).toContain("This link has expired");
  });

  test("and a session end in time also where the clock was ahead before, and ids still are", async () => {
    const clock = new ManualClock();
    clock.advance(365 * 24 * 60 * minuteMs);
    const { link } = await portalStage({ runtime: clock.runtime });
    clock.advance(-365 * 24 * 60 * minuteMs);
    const [unused, used] = [text(await link(), "link"), text(await link(), "link")];
    const browser = new TestBrowser();
    await browser.open(used);
    expect((await browser.submit("start")).status).toBe(200);
    const inside = browser.page.url;
    clock.advance(5 * minuteMs);
    expect((await new TestBrowser().open(unused)).html).toContain("This link has expired");
    clock.advance(24 * 60 * minuteMs);
    expect((await browser.open(inside)).status).toBe(401);
  });

  test("that never was, or is long gone, opens nothing", async () => {
    const clock = new ManualClock();
    const { link, service } = await portalStage({ runtime: clock.runtime });
    const address = text(await link(), "link");
    clock.advance(25 * 60 * minuteMs);
    await link();
    for (const each of [address, `${service.url}/portal/open?token=nope`, `${service.url}/portal/open`]) {
      const { status, html } = await new TestBrowser().open(each);
      expect([each, status]).toEqual([each, 404]);
      expect(html).toContain("This link is not known");
    }
  });

  test("is not made for whom there is not, nor for another purpose, nor without the API key", async () => {
    const { link, service } = await portalStage();
    expect((await link({}, "org_nope")).status).toBe(404);
    const refused = await link({ intent: "sso" });
    expect([refused.status, fields(refused)["errors"]]).toMatchObject([422, [{ field: "intent" }]]);
    const response = await fetch(`${service.url}/portal/generate_link`, { method: "POST", body: "{}" });
    expect(response.status).toBe(401);
  });

  test.each([
    ["https://app.example/done?x=1", 201],
    ["http://localhost:3000/done", 201],
    ["http://127.0.0.1:3000/", 201],
    ["http://[::1]:3000/", 201],
    ["http://app.example/done", 422],
    ["http://localhost.evil.example/", 422],
    ["javascript:alert(1)", 422],
    ["data:text/html,x", 422],
    ["https://user:password@app.example/", 422],
    ["/settings", 422],
    ["", 422],
  ])("leads back to %s: %i", async (address, status) => {
    const { link } = await portalStage();
    expect((await link({ success_url: address })).status).toBe(status);
    expect((await link({ return_url: address })).status).toBe(status);
  });
});

describe("a session", () => {
  test("is a cookie that scripts do not see and no other site sends, for an hour", async () => {
    const clock = new ManualClock();
    const { started } = await portalStage({ runtime: clock.runtime });
    const browser = await started();
    expect(browser.given).toEqual([
      expect.stringMatching(/^dirsync_portal=[\w-]{40,}; Path=\/portal; Max-Age=3600; HttpOnly; SameSite=Strict$/u),
    ]);
    clock.advance(60 * minuteMs - 1);
    expect((await browser.open(browser.page.url)).status).toBe(200);
    clock.advance(1);
    const late = await browser.open(browser.page.url);
    expect([late.status, late.html]).toEqual([401, expect.stringContaining("This session has ended")]);
    const status = await browser.open(new URL("status", browser.page.url).href);
    expect([status.status, status.html]).toEqual([401, expect.stringContaining("This session has ended")]);
  });

  test("is gone on with from its used link, in the browser that it began in and in no other", async () => {
    const { link } = await portalStage();
    const address = text(await link(), "link");
    const [own, other] = [new TestBrowser(), new TestBrowser()];
    await own.open(address);
    await own.submit("start");
    const titles: string[] = [];
    for (const browser of [own, other]) {
      const used = await browser.open(address);
      expect([used.status, used.html.includes('href="setup">Go on with the session')]).toEqual([410, true]);
      const next = await browser.open(new URL("setup", used.url).href);
      titles.push(/<title>(.*)<\/title>/u.exec(next.html)?.[1] ?? "");
    }
    expect(titles).toEqual(["Choose your identity provider", "This session has ended"]);
  });

  test("travels over https alone where the server is reached by https, under the path it is reached by", async () => {
    const { service, link } = await portalStage({ publicUrl: "https://scim.example/dirsync" });
    const address = new URL(text(await link(), "link"));
    expect(address.href).toMatch(/^https:\/\/scim\.example\/dirsync\/portal\/open\?token=/u);
    const browser = new TestBrowser();
    await browser.open(`${service.url}/portal/open${address.search}`);
    await browser.submit("start");
    expect(browser.given[0]).toContain("; Path=/dirsync/portal; ");
    expect(browser.given[0]).toMatch(/; Secure$/u);
  });

  test("every page forbids scripts and frames of others, is not kept, and tells nobody where it was", async () => {
    const { started } = await portalStage();
    const browser = await started();
    const pages = [browser.page, await browser.submit("provider", { provider: "okta" })];
    pages.push(await new TestBrowser().open(browser.page.url));
    for (const { headers, html } of pages) {
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-frame-options")).toBe("DENY");
      // Nothing that such a policy would block.
      expect(html).not.toMatch(/<script(?![^>]* src="portal\.js")|<style|\sstyle=|\son\w+=/u);
    }
  });

  test("a form of another site, or without the key of the session, changes nothing", async () => {
    const { service, started } = await portalStage();
    const browser = await started();
    const wrong = [
      await browser.submit("provider", { provider: "okta" }, { "Sec-Fetch-Site": "cross-site" }),
      await started().then((other) =>
        other.submit("provider", { provider: "okta" }, { "Sec-Fetch-Site": "same-site" }),
      ),
    ];
    const other = await started();
    const url = new URL("provider", other.page.url).href;
    for (const key of ["", "x", digestOf("portal form\0")]) {
      const body = new URLSearchParams({ provider: "okta", form_key: key });
      const answer = await fetch(url, { method: "POST", body, headers: { Cookie: other.cookie } });
      expect(answer.status).toBe(403);
    }
    expect(wrong.map(({ status }) => status)).toEqual([403, 403]);
    expect(await directoriesOf(service)).toEqual([]);
    // (control) The same form, as it is meant.
    expect((await other.submit("provider", { provider: "okta" }, { "Sec-Fetch-Site": "same-origin" })).status).toBe(
      200,
    );
    expect(await directoriesOf(service)).toHaveLength(1);
  });

  test("reaches the directories of its organization, and no others", async () => {
    const { service, started } = await portalStage();
    const other = await organizationOf(service, "Other");
    const theirs = await service.createDirectory({ organization_id: other, name: "Theirs" });
    const browser = await started();
    expect(browser.page.html).not.toContain(theirs.created.id);
    await browser.submit("provider", { provider: "okta" });
    await browser.open(new URL("choose", browser.page.url).href);
    const refused = await browser.submit("directory", { directory: theirs.created.id });
    expect(refused.status).toBe(409);
    const page = await browser.open(new URL("setup", browser.page.url).href);
    expect(page.html).not.toContain(theirs.created.external_key);
  });
});

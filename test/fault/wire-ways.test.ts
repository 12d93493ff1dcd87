/**
 * What is in the way before a request is sent: certificates that must not be taken, names that nobody knows. Nothing of a
 * request, the key above all, may go out meanwhile; afterwards everything comes out once and in order.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { Authority, type CertificateRequest, openssl } from "../support/certificates.ts";
import type { CliProcess } from "../support/cli-process.ts";
import { type Rig, test } from "../support/rig.ts";
import { TlsFront } from "../support/tls-front.ts";
import { until } from "../support/until.ts";

const here = "IP:127.0.0.1";
const tailing = ["tail", "--stdout", "--poll", "50ms"];

const certificates: readonly (readonly [name: string, code: string, request: CertificateRequest])[] = [
  ["that nobody has signed", "DEPTH_ZERO_SELF_SIGNED_CERT", { name: here, signedBy: "itself" }],
  ["of another host", "ERR_TLS_CERT_ALTNAME_INVALID", { name: "DNS:elsewhere.example" }],
  ["that has ended", "CERT_HAS_EXPIRED", { name: here, days: -1 }],
];

const hasOpenssl = spawnSync(openssl, ["version"]).status === 0;

// Made by the openssl command; without it the names of these tests stand in the report as skipped.
describe.runIf(hasOpenssl).concurrent("a tail sends nothing over a connection with a certificate", () => {
  test.for(certificates)("%s, and goes on with a good one", async ([, code, request], { rig }) => {
    const authority = new Authority(rig.folder);
    const good = authority.issue({ name: here });
    const front = await TlsFront.start(rig.proxy.url, good);
    try {
      const environment = { DIRSYNC_BASE_URL: front.url, NODE_EXTRA_CA_CERTS: authority.file };
      const tail = rig.start(tailing, environment);
      await caughtUp(rig, tail);
      const arrived = await quiet(rig, () => front.show(authority.issue(request)));
      await rig.company.hire(1);
      await tail.output("stderr", new RegExp(`no safe connection \\(${code}\\)`, "u"));
      tail.mustRun();
      expect(rig.proxy.arrivals.length).toBe(arrived);
      front.show(good);
      // A certificate is looked at again after five seconds or more; whoever has mended it need not wait.
      await restarted(rig, tail, environment);
      expect(rig.delivered()).toEqual(await rig.logged());
    } finally {
      await front.close();
    }
  });

  test("at the first contact either, and says so by its exit code", async ({ rig }) => {
    const authority = new Authority(rig.folder);
    const front = await TlsFront.start(rig.proxy.url, authority.issue({ name: here, signedBy: "itself" }));
    try {
      const environment = { DIRSYNC_BASE_URL: front.url, NODE_EXTRA_CA_CERTS: authority.file };
      const exit = await rig.run(tailing, environment);
      expect(exit.code).not.toBe(0);
      expect(exit.stderr).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
      expect(rig.proxy.arrivals).toEqual([]);
    } finally {
      await front.close();
    }
  });

  test("(control) unless its checks are turned off from outside", async ({ rig }) => {
    const authority = new Authority(rig.folder);
    const front = await TlsFront.start(rig.proxy.url, authority.issue({ name: here, signedBy: "itself" }));
    try {
      const environment = { DIRSYNC_BASE_URL: front.url, NODE_TLS_REJECT_UNAUTHORIZED: "0" };
      await caughtUp(rig, rig.start(tailing, environment));
      expect(rig.proxy.arrivals).not.toEqual([]);
    } finally {
      await front.close();
    }
  });
});

test.concurrent("a name that is gone for a while is asked for again, and not all the time", async ({ rig }) => {
  const names = rig.write("names", "");
  const environment = {
    DIRSYNC_BASE_URL: `http://service.invalid:${new URL(rig.proxy.url).port}`,
    NODE_OPTIONS: `--import=${new URL("fixtures/own-names.mjs", import.meta.url).href}`,
    FAULT_NAMES: join(rig.folder, "names"),
  };
  const tail = rig.start(tailing, environment);
  await caughtUp(rig, tail);
  rmSync(names);
  await rig.proxy.close();
  await rig.proxy.open();
  const arrived = rig.proxy.arrivals.length;
  await rig.company.hire(1);
  await tail.output("stderr", /no answer \((?:ENOTFOUND|EAI_AGAIN)\)/u);
  expect(rig.proxy.arrivals.length).toBe(arrived);
  rig.write("names", "");
  await caughtUp(rig, tail);
  expect(rig.delivered()).toEqual(await rig.logged());
  tail.signal("SIGTERM");
  expect((await tail.exit).code).toBe(0);
});

async function caughtUp(rig: Rig, tail: CliProcess): Promise<void> {
  const { length } = await rig.logged();
  const isThere = (): boolean => rig.delivered().length >= length;
  await until(isThere, { what: `${length} events`, patienceMs: 60_000, check: () => tail.mustRun() });
}

/** Does something after which no request may arrive. Resolves to how many had, those on their way included. */
async function quiet(rig: Rig, work: () => void): Promise<number> {
  work();
  // What had been sent by then is on its way to the proxy, in this process.
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  return rig.proxy.arrivals.length;
}

async function restarted(rig: Rig, tail: CliProcess, environment: Readonly<Record<string, string>>): Promise<void> {
  tail.signal("SIGTERM");
  await tail.exit;
  const next = rig.start(tailing, environment);
  await caughtUp(rig, next);
  next.signal("SIGTERM");
  expect((await next.exit).code).toBe(0);
}

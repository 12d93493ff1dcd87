/** A listener on this machine that nothing may ever connect to, and everything that tries to lead there. */
import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { listen, type Listener, secret } from "../fixtures/http-receiver.ts";
import { attemptOf } from "./conformance.ts";
import { forwardSink, type ForwardSinkOptions } from "./http.ts";

/** A name service that answers from a table; each answer of a name is given once, the last one for ever. */
function names(table: Readonly<Record<string, readonly string[][]>>): LookupFunction {
  const asked = new Map<string, number>();
  return (hostname, _options, callback) => {
    const answers = table[hostname] ?? [];
    const turn = asked.get(hostname) ?? 0;
    asked.set(hostname, turn + 1);
    const addresses = answers[Math.min(turn, answers.length - 1)];
    if (addresses === undefined) callback(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), []);
    else
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
  };
}

const canary = (): Promise<Listener> => listen((_request, response) => void response.writeHead(204).end());

/** Every way to call this machine that Node or the URL standard understands, and what else must not be reached. */
const hosts = `
  127.1 127.0.1 127.000.000.001 0x7f.1 0x7f.0.0.1 0x7f000001 0X7F.0X0.0X0.0X1
  2130706433 017700000001 0177.0.0.1 0177.1 127.0.0.1. 127.0.0.01 ①②⑦.⓪.⓪.① １２７.0.0.1
  127。0。0。1 %31%32%37.0.0.1 0 0.0.0.0 00 0x0 [::1] [0:0:0:0:0:0:0:1] [::] [::0001]
  [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [::7f00:1] [::ffff:0:127.0.0.1]
  [64:ff9b::7f00:1] [64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2001:0:7f00:1::]
  [::ffff:169.254.169.254] [64:ff9b::a9fe:a9fe] 169.254.169.254 0xa9fea9fe 2852039166
  168.63.129.16 100.100.100.200 192.0.0.192 [fd00:ec2::254] 10.0.0.1 10.1 172.16.0.1
  172.31.255.255 192.168.0.1 192.168.1 100.64.0.1 [fe80::1] [fc00::1] [fd12:3456::1]
  224.0.0.1 [ff02::1] 255.255.255.255 198.18.0.1 192.88.99.1 [fec0::1] [2001:db8::1]
  localhost LOCALHOST localhost. foo.localhost ①②⑦.1 ⓛocalhost
`
  .trim()
  .split(/\s+/);

/** What of them is a name after the URL was read; this machine is what they all lead to. */
const local = names(
  Object.fromEntries(["localhost", "localhost.", "foo.localhost"].map((name) => [name, [["127.0.0.1", "::1"]]])),
);

describe("nothing connects to what is not public, without being allowed to", () => {
  test(`there are at least sixty cases`, () => {
    expect(hosts.length).toBeGreaterThanOrEqual(60);
  });

  test.each(hosts)("%s", async (host) => {
    const trap = await canary();
    const url = `http://${host}:${trap.port}/`;
    const options = { url, secret, loopback: false, insecureHttp: true };
    const trying = forwardSink(options, local).then((sink) => sink.deliver(makeEvent(1), attemptOf(1)));
    const failure: unknown = await trying.catch((error: unknown) => error);
    expect(["config_invalid", "address_refused"]).toContain((failure as { code?: string }).code);
    expect(trap.connections()).toBe(0);
  });

  test("the canary notices: with this machine allowed, it is connected to", async () => {
    const trap = await canary();
    const sink = await forwardSink({ url: `http://localhost:${trap.port}/`, secret }, local);
    await sink.deliver(makeEvent(1), attemptOf(1));
    expect(trap.connections()).toBe(1);
  });
});

describe("a name", () => {
  test.each([
    ["this machine", ["127.0.0.1"]],
    ["this machine in IPv6", ["::1"]],
    ["a private network", ["10.1.2.3"]],
    ["the credentials of a cloud machine", ["169.254.169.254"]],
    ["the same through NAT64", ["64:ff9b::a9fe:a9fe"]],
    ["IPv4 in IPv6", ["::ffff:127.0.0.1"]],
    ["several of them", ["127.0.0.1", "::1", "10.0.0.1"]],
    ["nothing", []],
  ])("that leads to %s is refused, with what it leads to", async (_name, addresses) => {
    const trap = await canary();
    const url = `https://hook.example.com:${trap.port}/`;
    const sink = await forwardSink({ url, secret }, names({ "hook.example.com": [addresses] }));
    const trying = sink.deliver(makeEvent(1), attemptOf(1));
    await expect(trying).rejects.toMatchObject({ code: "address_refused", verdict: "halt" });
    await expect(trying).rejects.toThrow(/hook\.example\.com leads to .*, which is not allowed/);
    expect(trap.connections()).toBe(0);
  });

  // Elsewhere this machine has one address only.
  const isLinux = process.platform === "linux";

  test.runIf(isLinux)(
    "that changes its mind between two looks is asked once, and what it said is connected to",
    async () => {
      const good = await listen(
        (_request, response) => void response.writeHead(204, { connection: "close" }).end(),
        "127.0.0.2",
      );
      const trap = await listenAt(good.port);
      const table = { "hook.example.com": [["127.0.0.2"], ["127.0.0.1"]] };
      const options = { url: `http://hook.example.com:${good.port}/`, secret, insecureHttp: true };
      const sink = await forwardSink({ ...options, allow: ["127.0.0.2"] }, names(table));
      await sink.deliver(makeEvent(1), attemptOf(1));
      const second = sink.deliver(makeEvent(2), attemptOf(2));
      // It worked before: a fault of the name service, which passes.
      await expect(second).rejects.toMatchObject({ code: "address_refused", verdict: "retry" });
      expect([good.connections(), trap.connections()]).toEqual([1, 0]);
    },
  );

  test.runIf(isLinux)("with an allowed address among others is connected to there and nowhere else", async () => {
    const good = await listen((_request, response) => void response.writeHead(204).end(), "127.0.0.2");
    const trap = await listenAt(good.port);
    const table = { "hook.example.com": [["127.0.0.1", "127.0.0.2", "10.0.0.1"]] };
    const options = { url: `http://hook.example.com:${good.port}/`, secret, insecureHttp: true };
    const sink = await forwardSink({ ...options, allow: ["127.0.0.2/32"] }, names(table));
    await sink.deliver(makeEvent(1), attemptOf(1));
    expect([good.connections(), trap.connections()]).toEqual([1, 0]);
  });

  test("that does not exist is no refusal: try again", async () => {
    const sink = await forwardSink({ url: "https://hook.example.com/", secret }, names({}));
    const trying = sink.deliver(makeEvent(1), attemptOf(1));
    await expect(trying).rejects.toMatchObject({ code: "unreachable", verdict: "retry" });
    await expect(trying).rejects.toThrow("ENOTFOUND");
  });
});

describe("what an operator may write", () => {
  test.each<[url: string, options: Partial<ForwardSinkOptions>]>([
    ["http://127.0.0.1:3000/hook", {}],
    ["http://127.8.9.10/hook", {}],
    ["http://[::1]:3000/hook", {}],
    ["http://localhost:3000/hook", {}],
    ["https://localhost/hook", {}],
    ["HTTP://LOCALHOST/hook", {}],
    ["https://hook.example.com/", {}],
    ["https://hook.example.com:8443/a?b=c#d", {}],
    ["https://93.184.215.14/", {}],
    ["https://10.1.2.3/", { allow: ["10.0.0.0/8"] }],
    ["http://10.1.2.3/", { allow: ["10.1.2.3"], insecureHttp: true }],
    ["https://[fd12::7]/", { allow: ["fd00::/8"] }],
    ["https://hook.example.com/", { ports: [443] }],
  ])("%s %j", async (url, options) => {
    const sink = await forwardSink({ url, secret, ...options });
    expect(sink.name).toBe("forward");
    await sink.close?.();
  });

  test.each<[url: string, options: Partial<ForwardSinkOptions>, message: RegExp]>([
    ["http://hook.example.com/", {}, /hook\.example\.com without TLS.*insecureHttp/],
    ["http://10.1.2.3/", { allow: ["10.0.0.0/8"] }, /without TLS/],
    ["https://10.1.2.3/", {}, /10\.1\.2\.3 is a private address.*allow/],
    ["https://169.254.169.254/", {}, /link-local address/],
    ["http://0x7f.1/", {}, /without TLS/],
    ["https://2130706433/", {}, /127\.0\.0\.1 is a loopback address/],
    ["http://127.0.0.1.evil.example/", {}, /without TLS/],
    ["http://localhost.evil.example/", {}, /without TLS/],
    ["http://127.0.0.1@evil.example/", {}, /user name or a password/],
    ["https://user:word@hook.example.com/", {}, /user name or a password/],
    ["https://127.0.0.1/", { loopback: false }, /loopback address/],
    ["ftp://hook.example.com/", {}, /not an http or https URL/],
    ["file:///etc/passwd", {}, /not an http or https URL/],
    ["hook.example.com", {}, /not an http or https URL/],
    ["sk_live_secret", {}, /not an http or https URL/],
    ["", {}, /not an http or https URL/],
    ["https://hook.example.com:22/", { ports: [443, 8443] }, /Port 22 is not allowed; allowed are 443, 8443/],
    ["http://127.0.0.1/", { ports: [443] }, /Port 80/],
    ["https://hook.example.com/", { allow: ["10.0.0/8"] }, /"10\.0\.0\/8" is no address/],
  ])("and what not: %s %j", async (url, options, message) => {
    const making = forwardSink({ url, secret, ...options }, systemLookup);
    await expect(making).rejects.toMatchObject({ name: "ConfigError" });
    await expect(making).rejects.toThrow(message);
    await expect(making).rejects.not.toThrow(/sk_live|word@/);
  });
});

/** A canary at 127.0.0.1 with the port of another listener. */
async function listenAt(port: number): Promise<Listener> {
  return listen((_request, response) => void response.writeHead(204).end(), "127.0.0.1", port);
}

/** A service that cannot be reached, does not let us in, or is something else altogether. */
import { describe, expect } from "vitest";
import { expectNothingLost, expectToFollow, onceToStdout, positionOf } from "../../support/catching-up.ts";
import type { Exit } from "../../support/cli-process.ts";
import { answer } from "../../support/fault-proxy.ts";
import { type Rig, test } from "../../support/rig.ts";

/** One thing that is wrong with the service: how it begins, how `--once` ends, and what the message must say. */
interface Trouble {
  readonly begin: (rig: Rig) => void | Promise<void>;
  readonly code: number;
  readonly says: readonly RegExp[];
}

const html = "<!doctype html><title>Sign in to the network</title>";

const passing: readonly [string, Trouble][] = [
  [
    "nothing listens",
    { begin: (rig) => rig.proxy.close(), code: 69, says: [/ECONNREFUSED/, /Check that the service runs/] },
  ],
  [
    "a proxy answers 200 with HTML",
    { begin: always(answer(200, html, { "content-type": "text/html" })), code: 69, says: [/not JSON/, /no proxy/] },
  ],
  [
    "it answers 500",
    { begin: always(answer(500, '{"message":"Oh dear."}')), code: 69, says: [/answered 500: Oh dear/] },
  ],
  ["it answers 503 with HTML", { begin: always(answer(503, html)), code: 69, says: [/answered 503/] }],
  [
    "it limits the rate",
    { begin: always(answer(429, '"Ratelimited"')), code: 69, says: [/answered 429: Ratelimited/] },
  ],
];

const location = "https://login.example.com/?token=sesame";

const lasting: readonly [string, Trouble][] = [
  ["it is another service", { begin: always(answer(404, html)), code: 78, says: [/404/, /Check baseUrl/] }],
  ["its path is wrong", { begin: otherPath, code: 78, says: [/404: Not found/, /Check baseUrl/] }],
  [
    "it redirects",
    { begin: always(answer(302, "", { location })), code: 78, says: [/302/, /baseUrl is probably wrong/] },
  ],
  ["the key is refused", { begin: always(answer(401, "{}")), code: 77, says: [/401/, /Check the API key/] }],
  ["the key may not do this", { begin: always(answer(403, "{}")), code: 77, says: [/403/, /may not do this/] }],
];

describe.concurrent("tail --once gives up on what does not pass, and delivers everything once it has", () => {
  test.for(passing)("%s", async ([, { begin, code, says }], { rig }) => {
    await begin(rig);
    const exit = await rig.run(onceToStdout);
    expect(exit).toMatchObject({ code, stdout: "" });
    expectToSay(exit, says);
    await mend(rig);
    await expectNothingLost(rig);
  });
});

test.concurrent("before the first contact, tail does not wait for what only a person can mend", async ({ rig }) => {
  for (const [name, { begin, code, says }] of lasting) {
    await begin(rig);
    const exit = await rig.run(["tail", "--stdout"]);
    expect({ name, code: exit.code, stdout: exit.stdout }).toEqual({ name, code, stdout: "" });
    expectToSay(exit, says);
  }
  await mend(rig);
  await expectNothingLost(rig);
});

test.concurrent("a tail that is started again behind a page of somebody else waits until it is gone", async ({
  rig,
}) => {
  const first = await rig.run(onceToStdout);
  expect(first.code).toBe(0);
  await always(answer(302, "", { location }))(rig);
  await rig.company.hire(1);
  const tail = rig.start(["tail", "--stdout"]);
  await tail.output(
    "stderr",
    /302.*baseUrl is probably wrong.*"retry_in_ms":\d+,.*cannot read the log; will try again/,
  );
  tail.mustRun();
  await mend(rig);
  await expectToFollow(rig, tail);
});

test.concurrent("tail tells of a request that it sends again, long before that counts as a failure", async ({
  rig,
}) => {
  const tail = rig.start(["tail", "--stdout"]);
  await tail.output("stderr", /"tailing"/);
  rig.proxy.next(1, answer(503, html));
  await tail.output(
    "stderr",
    /"request":"GET \/events","code":"[a-z_]+","retry_in_ms":\d+,"msg":"a request failed; it is sent again"/,
  );
  await expectToFollow(rig, tail);
});

describe.concurrent("tail waits for what passes by itself, and goes on by itself", () => {
  // The others are answers as well, and take the same way.
  test.for(passing.slice(0, 3))("%s", async ([, { begin }], { rig }) => {
    await begin(rig);
    const tail = rig.start(["tail", "--stdout"]);
    await tail.output("stderr", /cannot read the log; will try again/);
    await mend(rig);
    await expectToFollow(rig, tail);
  });

  test("the service goes away and comes back while it runs", async ({ rig }) => {
    const tail = rig.start(["tail", "--stdout"]);
    await tail.output("stdout", /(.*\n){6}/);
    await rig.proxy.close();
    await rig.company.hire(2);
    await tail.output("stderr", /cannot read the log; will try again/);
    await rig.proxy.open();
    await expectToFollow(rig, tail);
  });

  test("a key that is revoked while it runs is waited for: the position is worth more than the key", async ({
    rig,
  }) => {
    const tail = rig.start(["tail", "--stdout"]);
    await tail.output("stdout", /(.*\n){6}/);
    rig.proxy.next(1, answer(401, '{"message":"Unauthorized"}'));
    await rig.company.hire(2);
    await tail.output("stderr", /Check the API key.*will try again/);
    await expectToFollow(rig, tail);
  });
});

describe.concurrent("a wrong key", () => {
  test("is refused with 77 and leaves the position where it was", async ({ rig }) => {
    await expectNothingLost(rig);
    const before = await positionOf(rig);
    await rig.company.hire(2);
    const exit = await rig.run(onceToStdout, { DIRSYNC_API_KEY: `${rig.key}_revoked` });
    expect(exit).toMatchObject({ code: 77, stdout: "" });
    expect(exit.stderr).toMatch(/401: Unauthorized\. Check the API key/);
    expect(await positionOf(rig)).toEqual(before);
    await expectNothingLost(rig);
  });

  test.for(["directories list", "users list", "groups list --json", "events list", "users get x"])(
    "is refused with 77 by: dirsync %s",
    async (command, { rig }) => {
      const exit = await rig.run(command.split(" "), { DIRSYNC_API_KEY: `${rig.key}_revoked` });
      expect(exit).toMatchObject({ code: 77, stdout: "" });
      expect(exit.stderr).toMatch(/Check the API key/);
    },
  );
});

describe.concurrent("a service that is overloaded", () => {
  test("is left alone for as long as its Retry-After says", async ({ rig }) => {
    rig.proxy.next(1, answer(429, '{"message":"Too many requests."}', { "retry-after": "2" }));
    await expectNothingLost(rig);
    const [first = 0, second = 0] = rig.proxy.arrivals;
    expect(second - first).toBeGreaterThanOrEqual(2_000);
  });

  test("is asked again, and the answer is delivered once", async ({ rig }) => {
    rig.proxy.next(3, answer(500, "upstream connect error"));
    await expectNothingLost(rig);
  });
});

function expectToSay({ stderr }: Exit, says: readonly RegExp[]): void {
  for (const pattern of says) expect(stderr).toMatch(pattern);
  // No stack, and nothing of the address it was sent to.
  expect(stderr).not.toMatch(/\n {4}at |sesame/);
}

function always(fault: Rig["proxy"]["fault"]): Trouble["begin"] {
  return (rig) => {
    rig.proxy.fault = fault;
  };
}

/** The service itself, asked at a path it does not have. */
function otherPath(rig: Rig): void {
  rig.proxy.fault = async (call) => {
    const { status, body } = await call.real(new URL(`/v1${call.url.pathname}`, call.url));
    await answer(status, body)(call);
  };
}

async function mend(rig: Rig): Promise<void> {
  rig.proxy.fault = null;
  if (!rig.proxy.isOpen) await rig.proxy.open();
}

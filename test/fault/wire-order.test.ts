/** Pages in which events do not stand oldest first, though they were asked for so. */
import { describe, expect } from "vitest";
import { type Page, rewritten } from "../support/fault-proxy.ts";
import { test } from "../support/rig.ts";
import { until } from "../support/until.ts";

type Events = Page["data"];

const newestFirst = (data: Events): Events => [...data].reverse();

/** The newest of the page stands before the one before it. */
const lastTwoSwapped = (data: Events): Events => [...data.slice(0, -2), ...data.slice(-2).reverse()];

describe.concurrent("a tail", () => {
  test("takes nothing from a page that stands newest first, and says so by exit code 78", async ({ rig }) => {
    rig.proxy.fault = rewritten((page) => ({ ...page, data: newestFirst(page.data) }));
    const exit = await rig.run(["tail", "--once", "--stdout"]);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(/Order asc was asked for/u);
    rig.proxy.fault = null;
    expect((await rig.run(["tail", "--once", "--stdout"])).code).toBe(0);
    expect(rig.delivered()).toEqual(await rig.logged());
  });

  test("that was well so far ends as well, before an effect", async ({ rig }) => {
    const tail = rig.start(["tail", "--stdout", "--poll", "50ms"]);
    await until(() => rig.delivered().length >= 6, { what: "the log", check: () => tail.mustRun() });
    rig.proxy.fault = ({ response }) => void response.socket?.resetAndDestroy();
    await rig.company.hire(6);
    rig.proxy.fault = rewritten((page) => ({ ...page, data: newestFirst(page.data) }));
    expect((await tail.exit).code).toBe(78);
    expect(rig.delivered()).toHaveLength(6);
    rig.proxy.fault = null;
    expect((await rig.run(["tail", "--once", "--stdout"])).code).toBe(0);
    expect(rig.delivered()).toEqual(await rig.logged());
  });

  test("delivers each event of a page that is shuffled, and each once", async ({ rig }) => {
    const tail = rig.start(["tail", "--stdout", "--poll", "50ms"]);
    await until(() => rig.delivered().length >= 6, { what: "the log", check: () => tail.mustRun() });
    rig.proxy.fault = ({ response }) => void response.socket?.resetAndDestroy();
    await rig.company.hire(5);
    const shuffled = rewritten((page) => ({ ...page, data: lastTwoSwapped(page.data) }));
    let pages = 0;
    rig.proxy.fault = async (call) => {
      pages += 1;
      if (pages > 3) rig.proxy.fault = null;
      await shuffled(call);
    };
    await until(() => rig.delivered().length >= 11, { what: "all events", check: () => tail.mustRun() });
    tail.signal("SIGTERM");
    expect((await tail.exit).code).toBe(0);
    const logged = await rig.logged();
    expect([...rig.delivered()].sort()).toEqual([...logged].sort());
    // The control: it was shuffled, so that they come in the order of the page.
    expect(rig.delivered()).not.toEqual(logged);
    expect((await rig.run(["tail", "--once", "--stdout"])).stdout).toBe("");
  });
});

/** What a tail says at its start about settings that do not do what somebody may expect of them. */
import { expect } from "vitest";
import { eventIds, test } from "../support/rig.ts";

const remark = /--from is for a new state file, and this one goes on where it was; .*dirsync replay.*--state/;

test("a used state file goes on where it was, and says so to who asks for another beginning", async ({ rig }) => {
  const first = await rig.run(["tail", "--once", "--stdout", "--from", "start"]);
  expect(eventIds(first.stdout)).toHaveLength(6);
  expect(first.stderr).not.toMatch(remark);
  const again = await rig.run(["tail", "--once", "--stdout", "--from", "start"]);
  expect(again).toMatchObject({ code: 0, stdout: "" });
  expect(again.stderr).toMatch(remark);
});

test("a setting that stands there for the first start is no reason to remark on it at each", async ({ rig }) => {
  const environment = { DIRSYNC_FROM: "now" };
  for (let start = 0; start < 2; start += 1) {
    const exit = await rig.run(["tail", "--once", "--stdout"], environment);
    expect(exit.code).toBe(0);
    expect(exit.stderr).not.toMatch(remark);
  }
});

test("a variable that is misspelt is told at the start, and not only by the doctor", async ({ rig }) => {
  const exit = await rig.run(["tail", "--once", "--stdout"], { DIRSYNC_GAURD: "deletes>10%/10m" });
  expect(exit.code).toBe(0);
  expect(exit.stderr).toMatch(
    /"level":"warn","variable":"DIRSYNC_GAURD","meant":"DIRSYNC_GUARD","msg":"a variable is no/,
  );
});

/**
 * T10: nothing is answered before it is on disk. strace watches a real server: between the arrival of a change and its 2xx
 * there is an fsync of the log. What would lose an answered change in a power cut is found here, and nowhere else: a process
 * that is killed loses nothing that the kernel has.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { CliProcess } from "../support/cli-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { isWhole, readScale } from "./scale.ts";

const hasStrace = spawnSync("strace", ["-V"]).status === 0;
const requests = isWhole(readScale()) ? 100 : 25;

describe.skipIf(!hasStrace)("a server that is watched by strace, where it is installed", { timeout: 120_000 }, () => {
  test("syncs the log between every change and its answer; and (control) not for what only reads", async () => {
    const folder = temporaryFolder(onTestFinished);
    const trace = join(folder, "trace");
    const shell = `exec strace -f -qq --seccomp-bpf -I 2 -s 64 -e trace=fsync,fdatasync,write,writev,sendto -o ${trace} "$0" "$@"`;
    const args = ["serve", "--port", "0", "--data", join(folder, "server.db"), "--json"];
    const served = new CliProcess(args, { shell, environment: { DIRSYNC_API_KEY: "sk_test_synced" } });
    onTestFinished(() => served.kill());
    const [line = ""] = (await served.output("stdout", /"scim_url".*\n/u)).split("\n");
    const { url } = JSON.parse(line) as { url: string };
    const made = await fetch(`${url}/directories`, {
      method: "POST",
      headers: { Authorization: "Bearer sk_test_synced" },
      body: JSON.stringify({ name: "Acme", type: "generic scim v2.0" }),
    });
    const { scim } = (await made.json()) as { scim: { base_url: string; bearer_token: string } };
    const headers = { Authorization: `Bearer ${scim.bearer_token}` };
    for (let count = 0; count < requests; count += 1) {
      const body = JSON.stringify({ userName: `u${String(count)}@x.test` });
      const answer = await fetch(`${scim.base_url}/Users`, { method: "POST", headers, body });
      expect(answer.status).toBe(201);
      await answer.text();
    }
    for (let count = 0; count < requests; count += 1) {
      await (await fetch(`${scim.base_url}/ServiceProviderConfig`, { headers })).text();
    }
    served.signal("SIGTERM");
    await served.exit;
    const calls = readFileSync(trace, "utf8");
    // One more: the directory itself.
    expect(tally(calls, "201 Created")).toEqual({ answers: requests + 1, synced: requests + 1 });
    const read = tally(calls, "200 OK");
    expect(read.answers).toBe(requests);
    expect(read.synced).toBeLessThan(requests / 2);
  });
});

describe("the witness itself", () => {
  test("tells an answer after a sync from one before it", () => {
    const sync = "7 fdatasync(20) = 0\n";
    const answer = '7 writev(25, [{iov_base="HTTP/1.1 201 Created\\r\\n", iov_len=5}], 1) = 5\n';
    expect(tally(sync + answer + sync + answer, "201 Created")).toEqual({ answers: 2, synced: 2 });
    expect(tally(answer + sync + answer + answer, "201 Created")).toEqual({ answers: 3, synced: 1 });
  });
});

/** Answers of a status, and how many of them have a sync between them and the answer before. */
function tally(calls: string, status: string): { readonly answers: number; readonly synced: number } {
  let [answers, synced, hasSynced] = [0, 0, false];
  for (const call of calls.split("\n")) {
    if (/\b(?:fsync|fdatasync)\(/u.test(call)) hasSynced = true;
    if (!call.includes('"HTTP/1.1 ')) continue;
    if (call.includes(`"HTTP/1.1 ${status}`)) {
      answers += 1;
      if (hasSynced) synced += 1;
    }
    hasSynced = false;
  }
  return { answers, synced };
}

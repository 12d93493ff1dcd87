/** How a program that keeps running comes to its end, and what becomes of what it had. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Runtime, systemRuntime } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { ack, forEach, idOf, pipeRig } from "../fixtures/pipe-rig.ts";
import { isRunning, linesOf, runningWith } from "../fixtures/processes.ts";
import { cutOff } from "./conformance.ts";

describe("a program that says what is no answer is ended, and every try it has fails", () => {
  test.each([
    ["a line for people", 'echo "synchronising Zoë"', /wrote a line of \d+ characters that is no JSON object/],
    // That exit code asks for a halt where the program ends by itself, and not where it was made to.
    ["a line, and exits with 78 when it is ended", "trap 'exit 78' TERM; echo hello", /that is no JSON object/],
    ["the event itself", 'echo "$line"', /that says neither ack nor nack/],
    ["a line without end", "head -c 100000 /dev/zero | tr '\\0' x", /that is too long for an answer/],
    ["a line of zeros", "head -c 10 /dev/zero; echo", /that is no JSON object/],
    ["an answer for another event", `echo '{"ack":"event_999"}'`, /answered for event_999, which is not with it/],
    ["an answer for no event", `echo '{"ack":"Zoë Q"}'`, /answered for an id that is none, which is not with it/],
  ])("%s", async (_name, body, message) => {
    const { deliver, folder, logged } = pipeRig(`echo $$ >> "$1/pids"; ${forEach(`${body}; sleep 60`)}`);
    const failure: unknown = await deliver(1).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "SinkError", verdict: "retry", code: "pipe_ended" });
    expect(String(failure)).toMatch(message);
    expect(String(failure)).not.toMatch(/Zoë|okta/);
    expect(JSON.stringify(logged)).not.toMatch(/Zoë|okta/);
    const [pid = ""] = await linesOf(join(folder, "pids"));
    expect(isRunning(Number(pid))).toBe(false);
  });

  test("a second answer for an event", async () => {
    const { deliver } = pipeRig(forEach(`[ "$id" = ${idOf(2)} ] && id=${idOf(1)}; ${ack}`));
    await deliver(1);
    await expect(deliver(2)).rejects.toThrow(/answered for event_000001, which is not with it: .* answered before/);
  });

  test("and the next event starts it anew", async () => {
    const { deliver, folder } = pipeRig(
      forEach(`[ -e "$1/again" ] || { touch "$1/again"; echo hello; sleep 60; }; ${ack}`),
    );
    await expect(deliver(1)).rejects.toThrow("no JSON object");
    await expect(deliver(1, { number: 2 })).resolves.toBeUndefined();
    expect(existsSync(join(folder, "again"))).toBe(true);
  });
});

describe("a program that ends", () => {
  test.each([
    ["by exit", "exit 3", /exited with 3\. It had not answered .* unknown/],
    ["well, but without an answer", "exit 0", /exited with 0/],
    ["by a signal", "kill -9 $$", /was ended by SIGKILL/],
    ["in the middle of its answer", `printf '{"ack":"%s"}' "$id"; exit 0`, /exited with 0/],
    ["in the middle of a word", `printf '{"ac'; exit 1`, /exited with 1/],
  ])("%s fails all it has not answered", async (_name, end, message) => {
    const { deliver } = pipeRig(forEach(end));
    const expected = { name: "SinkError", verdict: "retry", code: "pipe_ended" };
    const deliveries = [1, 2].map((number) => deliver(number));
    for (const delivering of deliveries) {
      await expect(delivering).rejects.toMatchObject(expected);
      await expect(delivering).rejects.toThrow(message);
    }
  });

  test("has said what it had said before", async () => {
    const { deliver } = pipeRig(forEach(`${ack}; [ "$id" = ${idOf(2)} ] && exit 1`));
    await expect(Promise.all([deliver(1), deliver(2)])).resolves.toHaveLength(2);
  });

  test("with 78 asks to halt", async () => {
    await expect(pipeRig("exit 78").deliver(1)).rejects.toMatchObject({ verdict: "halt", code: "pipe_ended" });
  });

  test("is told about in the log, once", async () => {
    const { deliver, logged } = pipeRig(forEach("exit 3"), { name: "app" });
    await Promise.all([1, 2].map((number) => deliver(number).catch(() => undefined)));
    const fields = { sink: "app", unanswered: 2, reason: "exited with 3" };
    expect(logged).toEqual([["warn", fields, "the program has ended"]]);
  });

  test("is started again at once when it had answered, else after pauses that double up to ten seconds", async () => {
    const pauses: number[] = [];
    const runtime: Runtime = {
      ...systemRuntime,
      // The time itself is not what this is about; what watches an exit is longer than any of them takes.
      sleep: (ms, signal) =>
        ms === 1_000 ? systemRuntime.sleep(60_000, signal) : (pauses.push(ms), Promise.resolve()),
    };
    const { deliver, folder } = pipeRig(
      `echo x >> "$1/starts"; ${forEach(`${ack}; [ "$id" = ${idOf(2)} ] && exit 1`)}`,
      {
        runtime,
      },
    );
    await deliver(1);
    await deliver(2);
    await deliver(3).catch(() => deliver(3));
    expect(await linesOf(join(folder, "starts"), 2)).toHaveLength(2);
    expect(pauses).toEqual([]);
    const dying = pipeRig("exit 1", { runtime });
    for (let number = 1; number <= 10; number += 1) await dying.deliver(number).catch(() => undefined);
    expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  });

  test("while it closes its output but goes on is ended, because it cannot answer", async () => {
    const { deliver } = pipeRig(forEach("exec >&-; sleep 60"));
    await expect(deliver(1)).rejects.toThrow(
      "closed its standard output, so that it cannot answer any more; it was ended by SIG",
    );
  });
});

describe("a program that cannot be started", () => {
  test.each([
    ["because there is none", ["/nonexistent/program"] as const, "ENOENT"],
    ["because it may not be run", ["/dev/null"] as const, "EACCES"],
    ["because its name cannot be", ["a\0b"] as const, "null bytes"],
  ])("%s: the try was not begun, and counts for nothing", async (_name, command, reason) => {
    const { deliver } = pipeRig("", { command, shell: false });
    const delivering = deliver(1);
    await expect(delivering).rejects.toMatchObject({ verdict: "retry", code: "not_begun" });
    await expect(delivering).rejects.toThrow(reason);
  });
});

describe.runIf(process.platform === "linux")("a try whose time is up", () => {
  test("ends the program with TERM, and says why", async () => {
    const { deliver, folder } = pipeRig(
      `trap 'echo term >> "$1/heard"; exit 0' TERM; ${forEach('touch "$1/has"; sleep 60 & wait')}`,
    );
    const { signal, cut } = cutter();
    const delivering = deliver(1, { signal });
    await expect.poll(() => existsSync(join(folder, "has"))).toBe(true);
    cut();
    const expected = { verdict: "retry", code: "sink_timeout" };
    await expect(delivering).rejects.toMatchObject(expected);
    await expect(delivering).rejects.toThrow(
      `The time of the try is up. The program of sink pipe did not answer for ${idOf(1)} in time (nor for any other so far: does it flush each line?); it exited with 0.`,
    );
    expect(readFileSync(join(folder, "heard"), "utf8")).toBe("term\n");
  });

  test("of many that are cut at once is one TERM, since a second may mean something else", async () => {
    const { deliver, folder } = pipeRig(
      `trap 'echo term >> "$1/heard"' TERM; ${forEach('echo x >> "$1/has"')}; while :; do sleep 0.01; done`,
    );
    const { signal, cut } = cutter();
    const deliveries = [1, 2, 3].map((number) => deliver(number, { signal }));
    await linesOf(join(folder, "has"), 3);
    cut();
    await Promise.allSettled(deliveries);
    expect(readFileSync(join(folder, "heard"), "utf8")).toBe("term\n");
  });

  test("ends with KILL what ignores TERM, what forks, what leaves the group, and what holds the output open", async () => {
    const escape = `setsid sh -c 'trap "" TERM HUP; echo $$ >> "$1/pids"; sleep 60' sh "$1" &`;
    const { deliver, folder, instanceId } = pipeRig(
      `trap '' TERM; ${escape} (trap '' TERM; echo x >> "$1/pids"; sleep 60) & ${forEach("sleep 60")}`,
    );
    const { signal, cut } = cutter();
    const delivering = deliver(1, { signal });
    await linesOf(join(folder, "pids"), 2);
    cut();
    await expect(delivering).rejects.toThrow("it was ended by SIGKILL");
    expect(runningWith(`DIRSYNC_JOURNAL=${instanceId}`)).toEqual([]);
  });

  test("that was answered in the last moment is done", async () => {
    const { deliver, folder } = pipeRig(
      `answer() { ${ack}; exit 0; }; trap answer TERM; ${forEach('touch "$1/has"; sleep 60 & wait')}`,
    );
    const { signal, cut } = cutter();
    const delivering = deliver(1, { signal });
    await expect.poll(() => existsSync(join(folder, "has"))).toBe(true);
    cut();
    await expect(delivering).resolves.toBeUndefined();
  });

  test("was not begun when the program did not have the event yet", async () => {
    const { deliver, folder } = pipeRig(
      forEach('[ -e "$1/died" ] || { touch "$1/died"; exit 1; }; touch "$1/has-$id"; sleep 60'),
    );
    await Promise.allSettled([deliver(1), deliver(2)]);
    const { signal, cut } = cutter();
    // Both were with it when it died, so that one waits until the other is answered.
    const first = deliver(1, { number: 2 });
    const second = deliver(2, { number: 2, signal });
    await expect.poll(() => existsSync(join(folder, `has-${idOf(1)}`))).toBe(true);
    cut();
    await expect(second).rejects.toMatchObject({ verdict: "retry", code: "not_begun" });
    expect(existsSync(join(folder, `has-${idOf(2)}`))).toBe(false);
    expect(await Promise.race([first.catch(() => "failed"), Promise.resolve("waits")])).toBe("waits");
  });
});

/** A signal to cut a try off with. */
function cutter(): { readonly signal: AbortSignal; readonly cut: (code?: string) => void } {
  const controller = new AbortController();
  return { signal: controller.signal, cut: (code) => controller.abort(cutOff(code)) };
}

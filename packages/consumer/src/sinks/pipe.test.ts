import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { ack, environment, forEach, idOf, pipeRig } from "../fixtures/pipe-rig.ts";
import { gone, linesOf, runningWith } from "../fixtures/processes.ts";

describe("a program", () => {
  test("is told the event and its try, the id first", async () => {
    const { deliver, folder } = pipeRig(forEach(`printf '%s\\n' "$line" >> "$1/lines"; ${ack}`));
    await deliver(1, { number: 3, seq: 42, epoch: 5, lane: "directory:d1", replay: true });
    const [line = ""] = await linesOf(join(folder, "lines"));
    expect(line).toMatch(/^\{"id":"event_000001",/);
    const event = makeEvent(1);
    const told = { id: event.id, seq: 42, attempt: 3, lane: "directory:d1", epoch: 5, replay: true, event };
    expect(JSON.parse(line)).toEqual(told);
  });

  test("gets its environment and two marks, and nothing of ours", async () => {
    const { deliver, folder, instanceId } = pipeRig(`env > "$1/env"; ${forEach(ack)}`, {
      environment: { ...environment, GREETING: "hello world" },
    });
    await deliver(1);
    const lines = await linesOf(join(folder, "env"), 4);
    const names = lines
      .map((line) => line.split("=")[0])
      .filter((name) => !["_", "PWD", "OLDPWD", "SHLVL"].includes(name ?? ""));
    expect(new Set(names)).toEqual(new Set(["DIRSYNC_JOURNAL", "DIRSYNC_PROCESS", "GREETING", "PATH"]));
    expect(lines).toContain("GREETING=hello world");
    expect(lines).toContain(`DIRSYNC_JOURNAL=${instanceId}`);
  });

  test("is one for all events, and is not started before there is one", async () => {
    const { deliver, folder, instanceId } = pipeRig(`echo $$ >> "$1/pids"; ${forEach(ack)}`);
    expect(runningWith(`DIRSYNC_JOURNAL=${instanceId}`)).toEqual([]);
    await Promise.all([1, 2, 3].map((number) => deliver(number)));
    await deliver(4);
    expect(await linesOf(join(folder, "pids"))).toHaveLength(1);
  });

  test("may answer in any order", async () => {
    const later = '[ -z "$first" ] && first=$id && continue';
    const { deliver } = pipeRig(forEach(`${later}; ${ack}; id=$first; ${ack}`));
    const settled: number[] = [];
    await Promise.all([1, 2].map((number) => deliver(number).then(() => settled.push(number))));
    expect(settled).toEqual([2, 1]);
  });

  test("says with a nack what is to become of the event", async () => {
    const nack = `printf '{"nack":"%s","verdict":"%s","message":"busy","retry_after_ms":7000}\\n' "$id" halt`;
    const { deliver } = pipeRig(forEach(nack));
    const expected = { name: "SinkError", verdict: "halt", code: "pipe_refused", retryAfterMs: 7_000 };
    await expect(deliver(1)).rejects.toMatchObject(expected);
    await expect(deliver(2)).rejects.toThrow("The program of sink pipe refused the event: busy");
  });

  test("may leave lines empty", async () => {
    await expect(pipeRig(forEach(`echo; echo ' '; ${ack}; echo`)).deliver(1)).resolves.toBeUndefined();
  });

  test("gets no event twice at once: the second try waits for the answer to the first", async () => {
    const { deliver, folder } = pipeRig(
      forEach(`echo "$id" >> "$1/begun"; sleep 0.05; echo "$id" >> "$1/done"; ${ack}`),
    );
    await Promise.all([deliver(1), deliver(1)]);
    expect(await linesOf(join(folder, "begun"), 2)).toEqual([idOf(1), idOf(1)]);
  });
});

describe("what it writes to standard error", () => {
  test("goes to the log, line by line", async () => {
    const { deliver, logged } = pipeRig(forEach(`echo one >&2; echo two >&2; printf three >&2; ${ack}; exit 0`), {
      name: "app",
    });
    await deliver(1);
    await expect.poll(() => logged.filter(([level]) => level === "info")).toHaveLength(3);
    const [first] = logged;
    expect(first).toEqual([
      "info",
      { sink: "app", line: "one", pid: expect.any(Number) as number },
      "the program says",
    ]);
    expect(logged.slice(0, 3).map(([, { line }]) => line)).toEqual(["one", "two", "three"]);
  });

  test("is cut off where a line never ends", async () => {
    const { deliver, logged } = pipeRig(forEach(`head -c 10000000 /dev/zero | tr '\\0' x >&2; echo >&2; ${ack}`));
    await deliver(1);
    await expect.poll(() => logged).toHaveLength(1);
    expect(String(logged[0]?.[1]["line"])).toHaveLength(4_096);
  });
});

describe("closing", () => {
  test("ends the input, and lets the program end by itself", async () => {
    const { sink, deliver, folder } = pipeRig(`trap '' TERM; ${forEach(ack)}; sleep 0.1; echo bye > "$1/said"`);
    await deliver(1);
    await sink.close?.();
    expect(readFileSync(join(folder, "said"), "utf8")).toBe("bye\n");
  });

  test("does not wait for what holds the output open", async () => {
    const { sink, deliver, folder } = pipeRig(`setsid sleep 60 & echo $! > "$1/pids"; ${forEach(ack)}`);
    await deliver(1);
    const [pid = ""] = await linesOf(join(folder, "pids"));
    await sink.close?.();
    await expect(gone(Number(pid))).resolves.toBeUndefined();
  });

  test("begins no try any more", async () => {
    const { sink, deliver } = pipeRig(forEach(ack));
    await sink.close?.();
    await expect(deliver(1)).rejects.toMatchObject({ verdict: "retry", code: "not_begun" });
  });

  test("while the program is being started again begins none either", async () => {
    const { sink, deliver, folder } = pipeRig('echo x >> "$1/starts"; exit 1');
    await deliver(1).catch(() => undefined);
    const second = deliver(2);
    await sink.close?.();
    await expect(second).rejects.toMatchObject({ code: "not_begun" });
    expect(await linesOf(join(folder, "starts"))).toHaveLength(1);
  });
});

test("an error says nothing of an event but its id", async () => {
  const { deliver } = pipeRig(forEach("exit 1"));
  const failure: unknown = await deliver(1).catch((error: unknown) => error);
  const { data }: DirectoryEvent = makeEvent(1);
  expect(failure).toBeInstanceOf(SinkError);
  for (const value of Object.values(data)) expect(String(failure)).not.toContain(String(value));
});

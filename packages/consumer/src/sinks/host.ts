/**
 * The process that runs handlers for `isolatedSink`. It loads them, says that it is ready, and takes every event it is
 * told of at once: how many there are at a time, and in what order, is decided by the other side.
 *
 * It ends when its input does and nothing is in work any more; whatever a handler left open does not keep it.
 */
import { writeSync } from "node:fs";
import { type Logger, SinkError } from "@dirsync/sdk";
import { describeFailure } from "../dispatch/attempt.ts";
import { CutOff, withSignal } from "../dispatch/cut-off.ts";
import { type Handlers, handlersSink } from "./handlers.ts";
import { beatMs, hostDescriptor, type HostOrder, type HostWord, levels } from "./host-messages.ts";
import { Requests } from "./host-requests.ts";
import { LineReader } from "./lines.ts";
import type { Question } from "./question.ts";

/** Longer fields of a line for the log are left out: it would be too long for a line. */
const fieldsCharactersMax = 16 * 1024;
const messageCharactersMax = 4 * 1024;

/** Serves handlers until there is nothing more to do, and ends the process. Call it once, in a process of its own. */
export async function serveHandlers(load: () => Promise<Handlers>): Promise<void> {
  let handlers: Handlers;
  try {
    handlers = await load();
  } catch (error) {
    say({ unable: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  }
  const sink = handlersSink(handlers, { log });
  const running = new Map<string, CutOff>();
  const requests = new Requests(say);
  let isOver = false;
  const endIfIdle = (): void => {
    if (isOver && running.size === 0) process.exit(0);
  };
  const take = async ({ id, attempt: number, event, ...told }: Question): Promise<void> => {
    const cut = new CutOff();
    running.set(id, cut);
    try {
      const effects = requests.effectsFor(id);
      await sink.deliver(event, withSignal({ ...told, number, effects, cut }));
      say({ ack: id });
    } catch (error) {
      say({ nack: id, ...describeFailure(error) });
    }
    running.delete(id);
    endIfIdle();
  };
  const onLine = (line: string): void => {
    const order = JSON.parse(line) as HostOrder;
    if ("reply" in order) return requests.settle(order);
    if (!("cut" in order)) return void take(order);
    running.get(order.cut)?.cut(new SinkError(order.message, { verdict: "retry", code: order.code }));
  };
  const lines = new LineReader({ charactersMax: Number.POSITIVE_INFINITY, onLine });
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (piece: string) => lines.push(piece));
  process.stdin.on("close", () => {
    isOver = true;
    endIfIdle();
  });
  setInterval(() => say({ beat: true }), beatMs).unref();
  say({ ready: true });
}

/** At once and in one piece: a handler may end the process right behind it. */
function say(word: HostWord): void {
  const bytes = Buffer.from(`${JSON.stringify(word)}\n`);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(hostDescriptor, bytes, written);
  } catch {
    // Nobody listens any more: what a killed tail has left behind must not go on.
    process.exit(1);
  }
}

const log: Logger = Object.fromEntries(
  levels.map((level) => [
    level,
    (fields: object, message: string): void =>
      say({ log: level, fields: plain(fields), message: String(message).slice(0, messageCharactersMax) }),
  ]),
) as unknown as Logger;

/** What goes over as it is; a note where that is not possible. */
function plain(fields: object): object {
  try {
    const text = JSON.stringify(fields);
    return text.length > fieldsCharactersMax ? { left_out: `${text.length} characters` } : fields;
  } catch {
    return { left_out: "what is no JSON" };
  }
}

/**
 * Handlers in a process of their own: one that loops for ever, ends the process or uses up its memory ends that process
 * and not this one. Its tries have then failed with an unknown effect, and the next event starts it again.
 */
import { isDirsyncError, type Runtime, SinkError, systemRuntime } from "@dirsync/sdk";
import { describeFailure } from "../dispatch/attempt.ts";
import type { Attempt, Sink } from "../model.ts";
import { CoProcess } from "./co-process.ts";
import { Conversation } from "./conversation.ts";
import { effectsUnknown } from "./handlers.ts";
import {
  hostDescriptor,
  type HostOrder,
  type HostReply,
  type HostRequest,
  type HostWord,
  levels,
} from "./host-messages.ts";
import type { Heard } from "./partner.ts";
import { ProcessGroups } from "./process-group.ts";
import { lineOf } from "./question.ts";

/** Where handlers run. */
export interface IsolatedSinkOptions {
  /** Default `handlers`. */
  readonly name?: string;
  /** A program that calls `serveHandlers` of `@dirsync/consumer/host`. */
  readonly command: readonly [program: string, ...arguments_: string[]];
  /** The whole environment of the process. Nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** The journal's `instanceId`; lets a restart find what a killed predecessor left behind. */
  readonly instanceId: string;
  /**
   * How long handlers may go on after their signal is aborted, in milliseconds; then their process is ended. Default
   * 5,000, which is also the most.
   */
  readonly killGraceMs?: number;
  /** Its log gets what handlers log, and what their process writes. */
  readonly runtime?: Runtime;
}

/** A sink that calls handlers in another process. */
export function isolatedSink(options: IsolatedSinkOptions): Sink {
  const { name = "handlers", command, environment, killGraceMs, runtime = systemRuntime } = options;
  const groups = new ProcessGroups(options.instanceId);
  const host = { command, environment, groups, answersOn: hostDescriptor } as const;
  const conversation = new Conversation(
    {
      name,
      program: command[0],
      killGraceMs,
      greets: true,
      start: (listeners) => new CoProcess(host, listeners),
      lineOf,
      read: (line) => read(line, runtime),
      cutLineOf,
    },
    runtime,
  );
  return {
    name,
    deliver: (event, attempt) => conversation.deliver(event, attempt),
    close: () => conversation.close(),
  };
}

function cutLineOf(id: string, reason: unknown): string {
  const code = isDirsyncError(reason) ? reason.code : "aborted";
  const message = reason instanceof Error ? reason.message : String(reason);
  const order: HostOrder = { cut: id, code, message };
  return JSON.stringify(order);
}

function read(line: string, { log }: Runtime): Heard {
  const word = parse(line);
  if (word === null) return { kind: "fault", what: "is no word of a host" };
  if ("ack" in word) return { kind: "answer", answer: { id: word.ack, failure: null } };
  if ("nack" in word) {
    const { nack, message, ...details } = word;
    return { kind: "answer", answer: { id: nack, failure: new SinkError(message, details) } };
  }
  if ("request" in word) return { kind: "request", of: word.of, reply: (attempt) => replyTo(word, attempt) };
  if ("ready" in word) return { kind: "ready" };
  if ("unable" in word) return { kind: "unable", why: word.unable };
  if ("log" in word) log[levels.find((level) => level === word.log) ?? "info"](word.fields, word.message);
  return { kind: "aside" };
}

async function replyTo(request: HostRequest, attempt: Attempt | null): Promise<string> {
  const { request: reply } = request;
  try {
    const answer: HostReply = { reply, has: await consult(request, attempt) };
    return JSON.stringify(answer);
  } catch (error) {
    const { code, message, verdict } = describeFailure(error);
    const answer: HostReply = { reply, code, message, verdict };
    return JSON.stringify(answer);
  }
}

async function consult({ of, what, name, key }: HostRequest, attempt: Attempt | null): Promise<boolean> {
  if (attempt === null) {
    const message = `Effect ${name} came after the try of event ${of} had ended. Wait for it in the handler.`;
    throw new SinkError(message, { verdict: "retry", code: "effect_late" });
  }
  if (attempt.effects === undefined) throw effectsUnknown(name);
  if (what === "has") return attempt.effects.has(name, key);
  await attempt.effects.note(name, key);
  return true;
}

/** The host is ours and believed, once it is one at all. */
function parse(line: string): HostWord | null {
  try {
    const word: unknown = JSON.parse(line);
    return typeof word === "object" && word !== null ? (word as HostWord) : null;
  } catch {
    return null;
  }
}

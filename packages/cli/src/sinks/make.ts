import { readFileSync } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import {
  commandSink,
  type CommandSinkOptions,
  forwardSink,
  type ForwardSinkOptions,
  handlersSink,
  isolatedSink,
  type Journal,
  laneBy,
  pipeSink,
  type Policy,
  type Sink,
  type SinkBinding,
  stdoutSink,
} from "@dirsync/consumer";
import { ConfigError, type Logger, systemRuntime } from "@dirsync/sdk";
import { cacheFolder } from "../cache-folder.ts";
import { handlerEnvironment, hookEnvironment } from "../config.ts";
import type { Context } from "../context.ts";
import type { Problems } from "../settings/problem.ts";
import type { SinkPlan, TargetName } from "../settings/sink-plans.ts";
import { splitCommand } from "./command-line.ts";
import { discreetSink } from "./discreet.ts";
import { loadHandlers } from "./handler-module.ts";
import { checkHandlers, hostFor } from "./isolation.ts";
import { outputReader } from "./output-reader.ts";
import { wantsOf } from "./wants.ts";

/** What sinks are made with. */
export interface SinkTools {
  readonly context: Context;
  readonly log: Logger;
}

/** Makes the sinks once there is a journal. */
export type MakeSinks = (journal: Journal) => readonly SinkBinding[];

/** Checks everything about the sinks that can be wrong, before anything is touched. What is wrong is noted. */
export async function prepareSinks(
  plans: readonly SinkPlan[],
  problems: Problems,
  tools: SinkTools,
): Promise<MakeSinks> {
  const makers: ((journal: Journal) => SinkBinding)[] = [];
  for (const plan of plans) {
    const place = { where: plan.origin.where, key: plan.target };
    const make = await problems.collect(place, () => prepare[plan.target](plan, tools));
    if (make === null) continue;
    const wants = wantsOf(plan.values);
    const { onUnknownEvent, events: knownEvents } = plan.values;
    const binding = { policy: policyOf(plan), onUnknownEvent, knownEvents, ...(wants === undefined ? {} : { wants }) };
    makers.push((journal) => ({ sink: discreetSink(make(journal), tools.context.secrets), ...binding }));
  }
  return (journal) => makers.map((make) => make(journal));
}

type Prepare = (plan: SinkPlan, tools: SinkTools) => Promise<(journal: Journal) => Sink>;

const prepare: Readonly<Record<TargetName, Prepare>> = {
  handlers: async ({ name, value, values }, { context, log }) => {
    const cache = cacheFolder(context.environment);
    if (values.isolation === "none") {
      const handlers = await loadHandlers(value, cache);
      return () => handlersSink(handlers, { name, log });
    }
    const host = hostFor(value, handlerEnvironment(context.environment, values.hookEnv), cache);
    await checkHandlers(host, value);
    return ({ instanceId }) => isolatedSink({ name, ...host, instanceId, runtime: { ...systemRuntime, log } });
  },
  exec: async (plan, tools) => {
    const program = await prepareProgram(plan, tools);
    const reader = outputReader(tools.context.streams.stderr, tools.log);
    return ({ instanceId }) => commandSink({ ...program, instanceId, reader });
  },
  execBatch: async (plan, tools) => {
    const program = await prepareProgram(plan, tools);
    const reader = outputReader(tools.context.streams.stderr, tools.log);
    return ({ instanceId }) => commandSink({ ...program, batch: true, instanceId, reader });
  },
  pipe: async (plan, tools) => {
    const program = await prepareProgram(plan, tools);
    const runtime = { ...systemRuntime, log: tools.log };
    return ({ instanceId }) => pipeSink({ ...program, instanceId, runtime });
  },
  forward: async ({ name, value, values, secrets, origin }) => {
    const { forwardSecret } = secrets;
    if (forwardSecret === null) {
      const ways = "Set DIRSYNC_FORWARD_SECRET, or name a file that holds it: forwardSecretFile";
      throw new ConfigError(`Requests have to be signed, and there is no secret. ${ways}.`, { where: origin.where });
    }
    const sink = await inFlags({
      name,
      url: value,
      secret: forwardSecret.read().reveal(),
      schemes: values.forwardSignatures,
      insecureHttp: values.insecureForwardHttp,
      ...(values.forwardAllow === undefined ? {} : { allow: values.forwardAllow }),
      ...(values.forwardCa === undefined ? {} : { ca: readCertificates(values.forwardCa) }),
    });
    return () => sink;
  },
  stdout: ({ name }, { context }) => Promise.resolve(() => stdoutSink(context.streams.stdout, name)),
};

/** What a sink needs to start its program. */
type Program = Pick<CommandSinkOptions, "command" | "environment"> & { readonly name: string; readonly shell: boolean };

async function prepareProgram(plan: SinkPlan, { context }: SinkTools): Promise<Program> {
  const { name, value, values, origin } = plan;
  const environment = hookEnvironment(context.environment, values.hookEnv);
  const command = values.shell ? ([value] as const) : commandOf(plan);
  if (!values.shell) await checkProgram(command[0], { path: environment["PATH"] ?? "", where: origin.where });
  return { name, command, shell: values.shell, environment };
}

/** A config file names a program from where it lies itself; a name without a slash is looked for in PATH. */
function commandOf({ value, origin, folder }: SinkPlan): readonly [string, ...string[]] {
  const [program, ...rest] = splitCommand(value, origin.where);
  const isRelative = origin.from === "file" && program.includes("/");
  return [isRelative ? resolve(folder, program) : program, ...rest];
}

/** What the library calls its options has other names here. */
const flagOfOption: ReadonlyMap<string, string> = new Map([
  ["insecureHttp", "--insecure-forward-http"],
  ["allow", "--forward-allow"],
]);

async function inFlags(options: ForwardSinkOptions): Promise<Sink> {
  try {
    return await forwardSink(options);
  } catch (error) {
    const flag = error instanceof ConfigError ? flagOfOption.get(error.where) : undefined;
    if (!(error instanceof ConfigError) || flag === undefined) throw error;
    throw new ConfigError(error.message.replace(error.where, flag), { where: flag, cause: error });
  }
}

function readCertificates(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`Cannot read the certificates: ${reason}`, { where: path, cause: error });
  }
}

function policyOf({ values }: SinkPlan): Partial<Policy> {
  return {
    attemptsMax: values.attempts,
    timeoutMs: values.timeout,
    concurrency: values.concurrency,
    onDeadLetter: values.onDeadLetter,
    locks: laneBy[values.lane],
    ...(values.runMax === undefined ? {} : { runMax: values.runMax }),
  };
}

/** @throws ConfigError when the program is no file that we may run. */
async function checkProgram(program: string, { path, where }: { path: string; where: string }): Promise<void> {
  let mayNot: string | null = null;
  const places = program.includes("/") ? [program] : path.split(delimiter).map((folder) => join(folder, program));
  for (const place of places) {
    // Not here; perhaps in the next folder. A folder is executable as well, in its own way.
    const isFile = await stat(place)
      .then((found) => found.isFile())
      .catch(() => false);
    if (!isFile) continue;
    if (
      await access(place, constants.X_OK)
        .then(() => true)
        .catch(() => false)
    )
      return;
    mayNot ??= place;
  }
  if (mayNot !== null) {
    const text = `${program} is not an executable file: its mode does not allow it. Run: chmod +x ${mayNot}`;
    throw new ConfigError(text, { where });
  }
  // `hook.sh` beside us is what most who name it so mean, and what no shell finds either.
  const isHere =
    where.startsWith("--") && !program.includes("/") && (await stat(program).catch(() => null))?.isFile() === true;
  const advice = isHere ? `Write ./${program} for the one in this folder.` : "Check its name and mode.";
  throw new ConfigError(`${program} is not an executable file that can be found. ${advice}`, { where });
}

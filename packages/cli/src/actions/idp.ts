import { load, rehearse, scenarioNames } from "@dirsync/idp";
import type { ProviderName, Rehearsal, ScenarioName } from "@dirsync/idp";
import { ConfigError, silentLogger } from "@dirsync/sdk";
import { complain } from "../complain.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { loadJson, rehearsalsJson, showLoad, showRehearsal, showSummary } from "../idp/report.ts";
import { createOutput } from "../output.ts";
import { progressFor } from "../progress-for.ts";
import { Problems } from "../settings/problem.ts";
import { findSecret } from "../settings/secret-source.ts";
import type { SecretSetting } from "../settings/setting.ts";
import { listenForShutdown } from "../shutdown.ts";
import { wrongUsage } from "../wrong-usage.ts";

/** Flags of `dirsync idp`. */
export interface IdpFlags {
  readonly target: string;
  readonly tokenFile?: string;
  readonly scenario?: ScenarioName | "all";
  readonly seed: number;
  readonly keep: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly users?: number;
  readonly rate?: number;
  readonly concurrency?: number;
  readonly json: boolean;
}

const directoryToken: SecretSetting = { purpose: "directory's bearer token", variables: ["DIRSYNC_SCIM_TOKEN"] };

/** Plays an identity provider against a SCIM server and says what the server got wrong. */
export async function idp(provider: ProviderName, flags: IdpFlags, context: Context): Promise<number> {
  const token = tokenOf(flags, context);
  if (flags.users === undefined && (flags.rate !== undefined || flags.concurrency !== undefined)) {
    throw wrongUsage("--rate and --concurrency say how fast --users <count> people are assigned; give that too.");
  }
  if (flags.users !== undefined && flags.scenario !== undefined) {
    throw wrongUsage("--users is a load and --scenario a rehearsal; give one of them.");
  }
  const shutdown = listenForShutdown(silentLogger);
  const common = {
    provider,
    baseUrl: flags.target,
    token,
    seed: flags.seed,
    isKept: flags.keep,
    signal: shutdown.signal,
    ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
  };
  try {
    return flags.users === undefined
      ? await rehearseAll(common, flags, context)
      : await loadWith({ ...common, users: flags.users }, flags, context);
  } catch (error) {
    // What a signal has cut off is no finding about the server.
    if (!shutdown.signal.aborted) throw error;
    const advice = "delete them, or go on with another --seed";
    complain(
      context,
      `Cut short. People it made, at addresses under example.com, may still be on the server: ${advice}.`,
    );
    return exitCodes.cutShort;
  } finally {
    shutdown.release();
  }
}

type Common = Parameters<typeof load>[0] extends infer Options ? Omit<Options & object, "users"> : never;

async function rehearseAll(common: Common, flags: IdpFlags, context: Context): Promise<number> {
  const output = createOutput(context, flags.json);
  const { scenario = "all" } = flags;
  const rehearsals: Rehearsal[] = [];
  for (const name of scenario === "all" ? scenarioNames() : [scenario]) {
    if (common.signal?.aborted === true) return exitCodes.cutShort;
    const rehearsal = await rehearse({ ...common, scenario: name });
    rehearsals.push(rehearsal);
    showRehearsal(rehearsal, output);
  }
  if (output.isJson) output.json(rehearsalsJson(rehearsals, flags));
  else showSummary(rehearsals, output);
  return codeFor(rehearsals.flatMap(({ checks }) => checks));
}

async function loadWith(
  common: Common & { readonly users: number },
  flags: IdpFlags,
  context: Context,
): Promise<number> {
  const output = createOutput(context, flags.json);
  const progress = progressFor(context, flags);
  const report = await load({
    ...common,
    ...(flags.rate === undefined ? {} : { ratePerSecond: flags.rate }),
    ...(flags.concurrency === undefined ? {} : { concurrencyMax: flags.concurrency }),
    onProgress: (done) => progress.show({ doing: "sending", done, total: common.users, unit: "people" }),
  }).finally(() => progress.clear());
  if (output.isJson) output.json(loadJson(report, flags));
  else showLoad(report, output);
  return codeFor(report.checks);
}

function codeFor(checks: Rehearsal["checks"]): number {
  return checks.some(({ outcome }) => outcome === "failed") ? exitCodes.findings : exitCodes.done;
}

function tokenOf({ tokenFile }: IdpFlags, { environment, secrets }: Context): string {
  const problems = new Problems();
  const layers = { flags: { tokenFile }, environment, file: null, problems };
  const rules = { secrets, allowsOpenFiles: false };
  const source = findSecret({ name: "token", setting: directoryToken }, layers, rules);
  problems.throwIfAny();
  if (source !== null) return source.read().reveal();
  throw new ConfigError(
    "The directory's bearer token is missing. Give --token-file <file>, or set DIRSYNC_SCIM_TOKEN. It is shown once, when the " +
      "directory is made; for one of `dirsync serve`, `dirsync directories tokens create` makes another.",
    { where: "--token-file" },
  );
}

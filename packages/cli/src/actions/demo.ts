import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runSteps } from "@dirsync/idp";
import {
  type DirectoryEvent,
  DirectorySync,
  DirsyncError,
  silentLogger,
  subscribableEventNames,
  systemRuntime,
} from "@dirsync/sdk";
import { createServer } from "@dirsync/server";
import { hookEnvironment, isUnattended } from "../config.ts";
import { complain } from "../complain.ts";
import type { Context } from "../context.ts";
import { type App, appIn, receivers } from "../demo/app.ts";
import { type Company, connectCompanies } from "../demo/companies.ts";
import { examine } from "../demo/evidence.ts";
import { removeFolder } from "../demo/remove-folder.ts";
import { type DemoResult, hasFollowed, showResult, toJson } from "../demo/report.ts";
import { type Act, writeStory } from "../demo/story.ts";
import { startTail, type TailPlan, type TailProcess } from "../demo/tail-process.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput, type Output } from "../output.ts";
import { listenForShutdown, type Shutdown } from "../shutdown.ts";

/** Flags of `dirsync demo`. */
export interface DemoFlags {
  readonly json: boolean;
}

/** A slow machine may need this long for one act; then something is wrong. */
const actMsMax = 60_000;
const lookMs = 50;

/** Plays the whole way once. On a terminal it stays up afterwards, until Ctrl-C. */
export async function demo(flags: DemoFlags, context: Context): Promise<number> {
  const output = createOutput(context, flags.json, { secrecy: "shown" });
  const folder = mkdtempSync(join(tmpdir(), "dirsync-demo-"));
  const apiKey = context.secrets.keep(`sk_demo_${randomBytes(18).toString("base64url")}`);
  const shutdown = listenForShutdown(silentLogger);
  const server = await createServer({ dataFile: join(folder, "server.db"), apiKey });
  const stage: Stage = { output, app: appIn(folder), shutdown, tail: null };
  try {
    const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
    const client = new DirectorySync({ apiKey, baseUrl: url });
    const environment = hookEnvironment(context.environment);
    const plan: TailPlan = { folder, baseUrl: url, apiKey, appDatabase: stage.app.path, environment };
    introduce(url, output);
    const result = await play(stage, { client, plan });
    if (flags.json) output.json(toJson(result));
    else showResult(result, output);
    if (!hasFollowed(result)) return exitCodes.invariantBroken;
    if (output.isTerminal && !isUnattended(context.environment)) await stayUp({ stage, url, apiKey, folder });
    return exitCodes.done;
  } catch (error) {
    // Whatever fails once the end has been asked for is what that end looks like.
    if (!shutdown.signal.aborted) throw error;
    complain(context, "The demo was cut short; everything it had started is ended, and its files are removed.");
    return exitCodes.cutShort;
  } finally {
    await stage.tail?.stop();
    await server.close();
    shutdown.release();
    // What the consumer that was killed had started may write a moment longer.
    await removeFolder(folder);
  }
}

interface Stage {
  readonly output: Output;
  readonly app: App;
  readonly shutdown: Shutdown;
  tail: TailProcess | null;
}

interface Script {
  readonly client: DirectorySync;
  readonly plan: TailPlan;
}

async function play(stage: Stage, { client, plan }: Script): Promise<DemoResult> {
  const { output, app } = stage;
  const startedAtMs = systemRuntime.now();
  const [acme, globex] = await connectCompanies(client);
  const story = writeStory(acme, globex);
  stage.tail = startTail(plan);
  say(output, `dirsync tail runs as a process of its own (pid ${stage.tail.pid}) and feeds the app.`);
  await perform(story.joiners, stage);
  await untilArrived(stage, client, "some");
  await perform(story.movers, stage);
  await stage.tail.kill();
  say(output, `kill -9: dirsync tail (pid ${stage.tail.pid}) is dead, in the middle of its work.`, "red");
  await perform(story.whileDown, stage);
  stage.tail = startTail(plan);
  say(output, `dirsync tail is started again (pid ${stage.tail.pid}). It knows where it was.`, "green");
  await perform(story.afterwards, stage);
  await untilArrived(stage, client, "all");
  const log = await readLog(client);
  const companies: readonly Company[] = [acme, globex];
  const evidence = receivers.map((receiver) => examine(receiver, log, app.arrivals()));
  const leavers = story.leavers.map(({ email }) => email);
  return { companies, accounts: app.accounts(), evidence, leavers, tookMs: systemRuntime.now() - startedAtMs };
}

async function perform(act: Act, { output, shutdown }: Stage): Promise<void> {
  output.line();
  output.line(output.style("bold", act.title));
  await runSteps(act.steps, ({ actor, description }) => {
    shutdown.signal.throwIfAborted();
    output.line(`  ${output.style("cyan", actor.padEnd(8))} ${description}`);
  });
}

/** Waits until the app has got every event of the log, or at least a third of them. */
async function untilArrived(
  { app, tail, shutdown }: Stage,
  client: DirectorySync,
  share: "some" | "all",
): Promise<void> {
  const ids = (await readLog(client)).map(({ id }) => id);
  const enough = share === "all" ? ids.length : Math.ceil(ids.length / 3);
  const deadlineMs = systemRuntime.now() + actMsMax;
  for (;;) {
    const arrivals = app.arrivals();
    const counts = receivers.map((receiver) => {
      const own = new Set(arrivals.filter((arrival) => arrival.receiver === receiver).map(({ eventId }) => eventId));
      return ids.filter((id) => own.has(id)).length;
    });
    if (Math.min(...counts) >= enough) return;
    tail?.check();
    if (systemRuntime.now() > deadlineMs) {
      const message = `After ${actMsMax / 1_000} s the app has only ${counts.join(" and ")} of ${ids.length} events.`;
      throw new DirsyncError(message, { code: "demo_failed", retryable: false });
    }
    await systemRuntime.sleep(lookMs, shutdown.signal);
  }
}

async function readLog(client: DirectorySync): Promise<readonly DirectoryEvent[]> {
  const log: DirectoryEvent[] = [];
  for await (const event of client.events.list({ events: subscribableEventNames })) log.push(event);
  return log;
}

function introduce(url: string, output: Output): void {
  output.line("When somebody joins, moves or leaves at a customer, the customer's identity provider says so.");
  output.line("A directory-sync service turns that into one ordered log of events, and your app has to follow it.");
  output.line("Here is all of it at once, with made-up people, on this machine:");
  output.line();
  say(output, `A directory-sync service runs at ${url} on a temporary SQLite file.`);
}

function say(output: Output, text: string, style: "dim" | "red" | "green" = "dim"): void {
  output.line(`${output.style(style, "●")} ${text}`);
}

interface Addresses {
  readonly stage: Stage;
  readonly url: string;
  readonly apiKey: string;
  readonly folder: string;
}

async function stayUp({ stage, url, apiKey, folder }: Addresses): Promise<void> {
  const { output, shutdown } = stage;
  output.line();
  output.line(output.style("bold", "Everything is still running. Look around:"));
  output.line(`  service   ${output.style("cyan", url)}`);
  output.line(`  API key   ${apiKey}`);
  output.line(`  files     ${folder}`);
  output.line(`  try       curl -H "Authorization: Bearer ${apiKey}" ${url}/directory_users`);
  output.line();
  output.line("Press Ctrl-C to end it and remove its files.");
  if (shutdown.signal.aborted) return;
  await new Promise<void>((resolve) => shutdown.signal.addEventListener("abort", () => resolve(), { once: true }));
}

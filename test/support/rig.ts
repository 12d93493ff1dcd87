/**
 * What a test of the `dirsync` command needs: a company behind a faulty network, a folder, and processes.
 *
 * The API key and the SCIM token are random, and after each test nothing a process wrote, to its streams or to any
 * file, may hold one of them.
 */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DirectoryEvent } from "@dirsync/sdk";
import { test as plainTest } from "vitest";
import { type CliOptions, CliProcess, type Exit } from "./cli-process.ts";
import { type Company, startCompany } from "./company.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { runWarmCli } from "./warm-cli.ts";

/** Where and as whom a process is started. Default the rig's folder, and whoever runs the tests. */
type How = Pick<CliOptions, "folder" | "shell" | "user">;

/** A test's own company, network, folder and processes. */
export class Rig {
  readonly key: string;
  readonly company: Company;
  readonly proxy: FaultProxy;
  /** Everything the processes write is below it. */
  readonly folder: string;
  readonly state: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #processes: CliProcess[] = [];
  /** What each command so far has written. */
  readonly #outputs: Pick<Exit, "stdout" | "stderr">[] = [];
  readonly #others: Company[] = [];

  private constructor(key: string, company: Company, proxy: FaultProxy) {
    this.key = key;
    this.company = company;
    this.proxy = proxy;
    this.folder = mkdtempSync(join(tmpdir(), "dirsync-rig-"));
    this.state = join(this.folder, "tail.db");
    this.#environment = { HOME: this.folder, DIRSYNC_BASE_URL: proxy.url, DIRSYNC_STATE: this.state };
  }

  /** A company of five people, which makes a log of six events. */
  static async start(): Promise<Rig> {
    const key = `sk_canary_${randomBytes(12).toString("hex")}`;
    const company = await startCompany(key);
    await company.hire(5);
    return new Rig(key, company, await FaultProxy.start(company.url));
  }

  /** Starts `dirsync` with the key, the service's address and the state file in its environment. */
  start(args: readonly string[], environment: Readonly<Record<string, string>> = {}, how: How = {}): CliProcess {
    return this.startWithoutKey(args, { DIRSYNC_API_KEY: this.key, ...environment }, how);
  }

  /** Starts `dirsync` by a shell line that ends in `exec "$0" "$@"`. */
  startBy(shell: string, args: readonly string[]): CliProcess {
    return this.startWithoutKey(args, { DIRSYNC_API_KEY: this.key }, { shell });
  }

  /** Starts `dirsync` without a key in its environment. */
  startWithoutKey(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    how: How = {},
  ): CliProcess {
    const process = new CliProcess(args, {
      folder: this.folder,
      environment: { ...this.#environment, ...environment },
      ...how,
    });
    this.#processes.push(process);
    this.#outputs.push(process);
    return process;
  }

  /** Runs `dirsync` to its end, as `start` would but in a process that has been started before: see `runWarmCli`. */
  async run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Exit> {
    return this.runWithoutKey(args, { DIRSYNC_API_KEY: this.key, ...environment });
  }

  /** Runs `dirsync` to its end in such a process, without a key in its environment. `folder` default the rig's. */
  async runWithoutKey(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    folder = this.folder,
  ): Promise<Exit> {
    const exit = await runWarmCli(args, { folder, environment: { ...this.#environment, ...environment } });
    this.#outputs.push(exit);
    return exit;
  }

  /** Writes a file below the folder and returns its path. */
  write(name: string, content: string, mode = 0o644): string {
    const path = join(this.folder, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  /** Lines of a file that hooks and handlers append to; none when it does not exist. */
  lines(name: string): readonly string[] {
    const path = join(this.folder, name);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  }

  /** Names and permissions, in octal, of the files in the folder. */
  modes(): readonly (readonly [name: string, mode: string])[] {
    return readdirSync(this.folder).map((name) => [name, (statSync(join(this.folder, name)).mode & 0o777).toString(8)]);
  }

  /** Ids of the events that all commands so far have written to standard output, in order. */
  delivered(): readonly string[] {
    return this.#outputs.flatMap(({ stdout }) => eventIds(stdout));
  }

  /** Ids of the events in the company's log, in order. */
  async logged(): Promise<readonly string[]> {
    return (await this.company.log()).map(({ id }) => id);
  }

  /** Starts another service, which takes the same key and has another log. Returns its address. */
  async otherCompany(): Promise<string> {
    const other = await startCompany(this.key);
    this.#others.push(other);
    return other.url;
  }

  /** Ends what still runs, looks for secrets, and removes the folder. */
  async end(): Promise<void> {
    for (const process of this.#processes) process.signal("SIGKILL");
    // Not until their streams are closed: what they have left behind may hold those open.
    await Promise.all(this.#processes.map((process) => process.gone));
    await this.proxy.close();
    await Promise.all([this.company, ...this.#others].map((company) => company.close()));
    const told = this.#tellers();
    rmSync(this.folder, { recursive: true, force: true });
    if (told.length > 0) throw new Error(`A secret is in ${told.join(", ")}.`);
  }

  /** Streams and files that hold a secret. */
  #tellers(): readonly string[] {
    const secrets = [this.key, this.company.token];
    const streams = this.#outputs.flatMap(({ stdout, stderr }, index) => [
      { name: `standard output of command ${index + 1}`, content: stdout },
      { name: `standard error of command ${index + 1}`, content: stderr },
    ]);
    const files = readdirSync(this.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ name: path, content: readFileSync(path, "latin1") }));
    return [...streams, ...files]
      .filter(({ content }) => secrets.some((secret) => content.includes(secret)))
      .map(({ name }) => name);
  }
}

/** `test`, with a rig for each one. */
export const test = plainTest.extend<{ rig: Rig }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern which fixtures this one needs
  rig: async ({}, use) => {
    const rig = await Rig.start();
    try {
      await use(rig);
    } finally {
      await rig.end();
    }
  },
});

/** Ids of the events in what a process has written. */
export function eventIds(stdout: string): readonly string[] {
  const lines = stdout.split("\n").filter((line) => line.startsWith('{"object":"event"'));
  return lines.map((line) => (JSON.parse(line) as DirectoryEvent).id);
}

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, chownSync, chmodSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { until } from "./until.ts";

const run = promisify(execFile);

/** PostgreSQL refuses to run as root, so it runs as nobody there. */
const nobody = 65_534;

/** Where the newest PostgreSQL of this machine has its programs; null where there is none. */
export function postgresBinaries(): string | null {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return null;
  const [newest] = readdirSync(root).sort((one, other) => Number(other) - Number(one));
  const folder = newest === undefined ? null : join(root, newest, "bin");
  return folder !== null && existsSync(join(folder, "initdb")) ? folder : null;
}

/** A PostgreSQL with an empty database, on a port of its own, that lasts as long as a test. */
export class ThrowawayPostgres {
  /** Anybody on this machine may connect by it. */
  readonly url: string;
  readonly #folder: string;
  readonly #server: ChildProcess;
  readonly #psql: string;

  private constructor(
    folder: string,
    server: ChildProcess,
    { url, psql }: { readonly url: string; readonly psql: string },
  ) {
    this.#folder = folder;
    this.#server = server;
    this.url = url;
    this.#psql = psql;
  }

  /** Starts one. @throws Error where this machine has no PostgreSQL */
  static async start(): Promise<ThrowawayPostgres> {
    const programs = postgresBinaries();
    if (programs === null) throw new Error("There is no PostgreSQL on this machine.");
    const folder = mkdtempSync(join(tmpdir(), "dirsync-postgres-"));
    const data = join(folder, "data");
    mkdirSync(data, { mode: 0o700 });
    const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
    if ("uid" in user) {
      chmodSync(folder, 0o755);
      chownSync(data, nobody, nobody);
    }
    await run(join(programs, "initdb"), ["-D", data, "-U", "app", "--auth=trust", "--no-sync", "-E", "UTF8"], {
      ...user,
      cwd: "/",
    });
    const port = await freePort();
    const settings = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-F"];
    const server = spawn(join(programs, "postgres"), ["-D", data, "-p", String(port), ...settings], {
      ...user,
      cwd: "/",
      stdio: "ignore",
    });
    const url = `postgres://app@127.0.0.1:${port}/postgres`;
    const started = new ThrowawayPostgres(folder, server, { url, psql: join(programs, "psql") });
    await until(() => started.run("SELECT 1").then(Boolean, () => false), { what: "PostgreSQL to answer" });
    return started;
  }

  /** Runs statements; gives what psql says. */
  async run(sql: string): Promise<string> {
    const { stdout } = await run(this.#psql, ["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, this.url], {
      cwd: "/",
    });
    return stdout;
  }

  async end(): Promise<void> {
    const gone = new Promise((resolve) => this.#server.once("exit", resolve));
    this.#server.kill("SIGQUIT");
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

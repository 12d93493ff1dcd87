import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { binFile, type CliOptions, type Exit } from "./cli-process.ts";

/** A command line, and under which conditions it runs. */
export interface Order {
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What stands behind everything that was written, to tell the end of it. */
  readonly mark: string;
}

/** Under which conditions a command runs: see `CliOptions`. */
type Conditions = Pick<CliOptions, "environment" | "folder">;

/** How a process ended an order: with an exit code, and with what the command should not have left there. */
interface Report {
  readonly code: number;
  readonly left: readonly string[];
}

const program = fileURLToPath(new URL("warm-cli-process.mjs", import.meta.url));
const distFolder = join(dirname(binFile), "../dist");

/** Those that wait for a command. Each ends when the process of the test does. */
const idle: WarmCli[] = [];

/**
 * Runs a command to its end, in a process that has run others before it: to start one and to load the program is most of what a short
 * command costs. Everything else is as in a process of its own. What needs one (signals, a terminal, a shell, a reader that goes away,
 * variables that Node reads when it starts) takes `CliProcess`.
 * @throws Error when it leaves something behind
 */
export async function runWarmCli(args: readonly string[], { folder, environment }: Conditions = {}): Promise<Exit> {
  const cli = idle.pop() ?? new WarmCli();
  const variables = { PATH: process.env["PATH"] ?? "", ...environment };
  const exit = await cli.run({ args, folder: folder ?? process.cwd(), environment: variables });
  if (cli.isUsable) idle.push(cli);
  return exit;
}

/** One process that runs commands, one at a time. */
class WarmCli {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #written = { stdout: "", stderr: "" };

  constructor() {
    this.#child = spawn(process.execPath, [program, distFolder], {
      env: { PATH: process.env["PATH"] ?? "" },
      stdio: ["pipe", "pipe", "pipe", "ipc"],
    });
    this.#ended = once(this.#child, "close");
    for (const name of ["stdout", "stderr"] as const) {
      this.#child[name]?.setEncoding("utf8").on("data", (text: string) => {
        this.#written[name] += text;
      });
    }
  }

  /** False once a command has ended the process. */
  get isUsable(): boolean {
    return this.#child.connected;
  }

  async run(order: Omit<Order, "mark">): Promise<Exit> {
    const mark = `<${randomUUID()}>`;
    Object.assign(this.#written, { stdout: "", stderr: "" });
    this.#child.send({ ...order, mark });
    const report = await Promise.race([this.#report(mark), this.#ended.then(() => null)]);
    // A command may also end its process by itself.
    if (report === null) return { code: this.#child.exitCode, signal: this.#child.signalCode, ...this.#written };
    const { code, left } = report;
    if (left.length > 0) {
      this.#child.kill("SIGKILL");
      throw new Error(`dirsync ${order.args.join(" ")} left behind: ${left.join(", ")}.`);
    }
    const [stdout = "", stderr = ""] = [this.#written.stdout, this.#written.stderr].map((text) =>
      text.slice(0, -mark.length),
    );
    return { code, signal: null, stdout, stderr };
  }

  async #report(mark: string): Promise<Report> {
    const [[report]] = await Promise.all([
      once(this.#child, "message") as Promise<[Report]>,
      this.#readTo(mark, "stdout"),
      this.#readTo(mark, "stderr"),
    ]);
    return report;
  }

  async #readTo(mark: string, name: "stdout" | "stderr"): Promise<void> {
    const stream = this.#child[name];
    while (stream !== null && !this.#written[name].endsWith(mark)) await once(stream, "data");
  }
}

import { join } from "node:path";
import { type CliOptions, CliProcess } from "./cli-process.ts";
import type { ApiAccess } from "./event-log.ts";
import { freePort } from "./free-port.ts";
import { until } from "./until.ts";

/** A directory of a served instance, as its identity provider knows it. */
export interface ServedDirectory {
  readonly id: string;
  readonly scimUrl: string;
  readonly token: string;
}

/** The key of each. */
export const servedKey = "sk_test_served";

/** Eight writers on one directory write faster than any provider does. */
const unlimited = ["--scim-rate", "0"];

/** A real `dirsync serve`, which can be killed and started again on the same data and the same port. */
export class Served implements ApiAccess {
  readonly apiKey = servedKey;
  readonly url: string;
  readonly dataFile: string;
  readonly #port: number;
  readonly #program: Pick<CliOptions, "bin">;
  #process: CliProcess | null = null;
  #up: Promise<void> = Promise.resolve();

  private constructor(folder: string, port: number, program: Pick<CliOptions, "bin">) {
    this.#port = port;
    this.#program = program;
    this.url = `http://127.0.0.1:${port}`;
    this.dataFile = join(folder, "server.db");
  }

  /** Starts one whose data is `server.db` in `folder`; with `bin`, another program that takes the same arguments. */
  static async start(folder: string, program: Pick<CliOptions, "bin"> = {}): Promise<Served> {
    const served = new Served(folder, await freePort(), program);
    served.launch();
    await served.whenUp();
    return served;
  }

  /** Starts the process without waiting for it. */
  launch(): void {
    const args = ["serve", "--port", String(this.#port), "--data", this.dataFile, "--json", ...unlimited];
    const process = new CliProcess(args, { ...this.#program, environment: { DIRSYNC_API_KEY: servedKey } });
    this.#process = process;
    this.#up = process.output("stdout", /"scim_url"/u).then(() => undefined);
    // Whoever waits for it hears of it; a process that is killed while it starts is no accident here.
    this.#up.catch(() => undefined);
  }

  /** Resolves when the process launched last says that it listens. @throws Error when it ends instead */
  whenUp(): Promise<void> {
    return this.#up;
  }

  /** Resolves once the service is up, however often it is killed and launched until then. */
  async untilUp(): Promise<void> {
    const isUp = (): Promise<boolean> =>
      this.#up.then(
        () => this.#process?.hasEnded === false,
        () => false,
      );
    await until(isUp, { what: "the service to come back" });
  }

  /** SIGKILL. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#process?.signal("SIGKILL");
    await this.#process?.gone;
  }

  /** SIGTERM. Resolves to the exit code. */
  async stop(): Promise<number | null> {
    this.#process?.signal("SIGTERM");
    return (await this.#process?.exit)?.code ?? null;
  }

  /** Connects a new directory, from which a deleted user disappears. */
  async connect(name: string): Promise<ServedDirectory> {
    const response = await fetch(`${this.url}/directories`, {
      method: "POST",
      headers: { Authorization: `Bearer ${servedKey}`, "Content-Type": "application/json" },
      body: JSON.stringify({ name, type: "generic scim v2.0", soft_delete: false }),
    });
    if (response.status !== 201) throw new Error(`POST /directories: ${response.status} ${await response.text()}`);
    const { id, scim } = (await response.json()) as { id: string; scim: { base_url: string; bearer_token: string } };
    return { id, scimUrl: scim.base_url, token: scim.bearer_token };
  }
}

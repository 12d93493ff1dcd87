import { Command, InvalidArgumentError } from "commander";
import type { ServeFlags } from "../actions/serve.ts";
import { address, type Address } from "../settings/kinds.ts";
import { examples, type Register } from "./command.ts";
import { serverKeyFlags } from "./server-key-flags.ts";

const helpText = `
Without a key, a development key is made, kept beside the data file (mode 0600)
and printed. GET /healthz answers 200 once the service is ready.
${examples(
  ["start it, and connect a first directory", "dirsync serve"],
  [
    "in another terminal, with the key it printed",
    `curl -H "Authorization: Bearer $DIRSYNC_API_KEY" -H 'Content-Type: application/json' \\
      -d '{"name":"Acme","type":"okta scim v2.0"}' http://127.0.0.1:4400/directories`,
  ],
  ["tell apps in the same network of events", "dirsync serve --webhook-allow 10.0.0.0/8"],
  ["with metrics for Prometheus on this machine", "dirsync serve --metrics 127.0.0.1:4402"],
  ["for a script", "dirsync serve --port 0 --data ./test.db --json"],
)}`;

/** `dirsync serve`. */
export const registerServe: Register = (program, context, finish) => {
  const command = new Command("serve")
    .summary("run a directory-sync service: SCIM in, ordered events out")
    .description(
      "Runs a directory-sync service in this process, on one SQLite file. Identity providers push people to it over " +
        "SCIM 2.0; your app reads the same API and events as from WorkOS.",
    )
    .option("--port <number>", "port to listen on; 0 takes a free one", parsePort, 4400)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--data <file>", "data file (default: $DIRSYNC_DATA, else a file in the XDG state folder)");
  serverKeyFlags(command)
    .option(
      "--webhook-allow <ranges>",
      "addresses that webhooks may reach although they are not public, such as 10.0.0.0/8, separated by commas; loopback for this machine (default: none, and loopback with a development key)",
    )
    .option(
      "--scim-rate <per-second>",
      "SCIM requests that a directory may send in the long run, ten times as many at once; 0 for no limit",
      parseRate,
      300,
    )
    .option(
      "--scim-log <count>",
      "how many SCIM requests are kept for `dirsync scim log`, for a week; 0 for none",
      parseCount,
      10_000,
    )
    .option(
      "--keep-events <bound>",
      "how long events stay in the log: days such as 90d, or a count such as 1000000; all for no end (default: 90d)",
      parseKeep,
    )
    .option(
      "--metrics <address>",
      "where to answer /livez, /readyz and /metrics, such as 127.0.0.1:4402 (default: nowhere)",
      parseAddress,
    )
    .option("--insecure-metrics-exposed", "let other machines ask for the metrics: it takes no key", false)
    .option(
      "--json",
      "the first line of standard output is {url, api_key, scim_url}, with --metrics also metrics_url; api_key is null where it was given; log as JSON lines",
      false,
    )
    .addHelpText("after", helpText)
    .action(async (flags: ServeFlags) => {
      const { serve } = await import("../actions/serve.ts");
      finish(await serve(flags, context));
    });
  program.addCommand(command);
};

function parseAddress(text: string): Address {
  const reading = address.read(text);
  if ("value" in reading) return reading.value;
  throw new InvalidArgumentError(`It ${reading.mistake}.`);
}

function parseRate(text: string): number {
  const rate = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && rate <= 1_000_000) return rate;
  throw new InvalidArgumentError("A rate is a number from 0 up.");
}

function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= 10_000_000) return count;
  throw new InvalidArgumentError("A count is a whole number from 0 to 10,000,000.");
}

function parseKeep(text: string): ServeFlags["keepEvents"] {
  const [, count = "", unit] = /^(\d{1,9})(d?)$/.exec(text) ?? [];
  if (text === "all") return {};
  if (Number(count) > 0) return unit === "d" ? { days: Number(count) } : { eventsMax: Number(count) };
  throw new InvalidArgumentError("Write days as 90d, a count as 1000000, or all.");
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("A port is a number from 0 to 65535.");
}

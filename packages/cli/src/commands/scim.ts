import { Command } from "commander";
import type { GetFlags } from "../actions/listing.ts";
import type { LogFlags, ReplayScimFlags } from "../actions/scim.ts";
import type { Context } from "../context.ts";
import { examples, type Register, serviceFlags } from "./command.ts";
import { limitFlag } from "./limit.ts";

type Finish = Parameters<Register>[2];

interface Act {
  readonly context: Context;
  readonly finish: Finish;
}

const actions = () => import("../actions/scim.ts");

/** `dirsync scim log|show|replay`. */
export const registerScim: Register = (program, context, finish) => {
  const act = { context, finish };
  const group = new Command("scim")
    .summary("what identity providers sent to a Dirsync server, and how it was answered")
    .description("Shows what identity providers sent to a Dirsync server, and how it was answered.")
    .addHelpText(
      "after",
      examples(
        ["what was refused today", "dirsync scim log --status 4xx"],
        ["one of them, with its bodies", "dirsync scim show req_01J…"],
        ["what it would do now", "dirsync scim replay req_01J… --dry-run"],
      ),
    )
    .addCommand(logCommand(act))
    .addCommand(showCommand(act))
    .addCommand(replayCommand(act));
  program.addCommand(group);
};

function logCommand({ context, finish }: Act): Command {
  return serviceFlags(
    new Command("log").description("List SCIM requests, newest first; the server keeps the last ones."),
  )
    .option("--directory <id>", "only of this directory")
    .option("--status <status>", "only answered so: a status such as 409, or 4xx for all of a kind")
    .option("--follow", "go on, with each request as it comes, until stopped", false)
    .addOption(limitFlag())
    .option("--json", "one JSON object on each line", false)
    .addHelpText(
      "after",
      `
The id of a request is the X-Request-ID of its answer, which providers show in
their own logs. Passwords and tokens are not recorded; people's names and
addresses are.
${examples(
  ["the last twenty", "dirsync scim log --limit 20"],
  ["what a provider was refused, as it happens", "dirsync scim log --directory directory_01J… --status 4xx --follow"],
)}`,
    )
    .action(async (flags: LogFlags) => finish(await (await actions()).logScim(flags, context)));
}

function showCommand({ context, finish }: Act): Command {
  return serviceFlags(new Command("show").description("Show one request and its answer, with their bodies."))
    .argument("<id>", "id of the request")
    .option("--json", "one JSON value on one line", false)
    .addHelpText("after", examples(["one", "dirsync scim show req_01J…"]))
    .action(async (id: string, flags: GetFlags) => finish(await (await actions()).showScim(id, flags, context)));
}

function replayCommand({ context, finish }: Act): Command {
  return serviceFlags(new Command("replay").description("Send one request to its directory once more, as it was."))
    .argument("<id>", "id of the request")
    .option("--dry-run", "only tell what it would be answered and which events would come of it", false)
    .option("--json", "one JSON value on one line", false)
    .addHelpText(
      "after",
      `
Exit codes: 0 it was taken (a status below 400), 5 it was refused, 69 the
service does not answer, 77 not authorised, 78 it cannot be sent again.
${examples(
  ["what would it do now?", "dirsync scim replay req_01J… --dry-run"],
  ["after mending the directory's settings", "dirsync scim replay req_01J…"],
)}`,
    )
    .action(async (id: string, flags: ReplayScimFlags) =>
      finish(await (await actions()).replayScim(id, flags, context)),
    );
}

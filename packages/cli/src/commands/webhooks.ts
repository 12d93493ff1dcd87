import { Command, Option } from "commander";
import type { GetFlags, ListFlags } from "../actions/listing.ts";
import type { CreateFlags, DeliveriesFlags, RedeliverFlags, RotateFlags, UpdateFlags } from "../actions/webhooks.ts";
import type { Context } from "../context.ts";
import { examples, type Register, serviceFlags } from "./command.ts";
import { outFlag } from "./out-flag.ts";
import { limitFlag } from "./limit.ts";

type Finish = Parameters<Register>[2];

/** A subcommand, and what it does with its arguments and flags. */
interface Act {
  readonly context: Context;
  readonly finish: Finish;
}

const actions = () => import("../actions/webhooks.ts");

/** `dirsync webhooks list|get|create|update|delete|deliveries|redeliver|rotate-secret`. */
export const registerWebhooks: Register = (program, context, finish) => {
  const act = { context, finish };
  const group = new Command("webhooks")
    .summary("addresses that the service tells of events: manage them, and see what became of it")
    .description(
      "Manages the webhook endpoints of the service. list, create, update and delete work with WorkOS, too; the others " +
        "with a Dirsync server.",
    )
    .addHelpText(
      "after",
      examples(
        [
          "tell an app of everything; the secret is shown once",
          "dirsync webhooks create https://app.example.com/webhooks",
        ],
        ["what was given up, and why", "dirsync webhooks deliveries we_01J… --status dead"],
        ["deliver it again, after mending the app", "dirsync webhooks redeliver we_01J… --status dead"],
      ),
    )
    .addCommand(listCommand(act))
    .addCommand(getCommand(act))
    .addCommand(createCommand(act))
    .addCommand(updateCommand(act))
    .addCommand(deleteCommand(act))
    .addCommand(deliveriesCommand(act))
    .addCommand(redeliverCommand(act))
    .addCommand(rotateCommand(act));
  program.addCommand(group);
};

function subcommand(name: string, description: string): Command {
  return serviceFlags(new Command(name).description(description));
}

function withJson(command: Command): Command {
  return command.option("--json", "one JSON value on one line", false);
}

function listCommand({ context, finish }: Act): Command {
  return subcommand("list", "List endpoints, newest first.")
    .addOption(limitFlag())
    .option("--json", "one JSON object on each line", false)
    .addHelpText("after", examples(["all", "dirsync webhooks list"]))
    .action(async (flags: ListFlags) => finish(await (await actions()).listWebhooks(flags, context)));
}

function getCommand({ context, finish }: Act): Command {
  return withJson(subcommand("get", "Show one endpoint: what waits, what was given up, why it is disabled."))
    .argument("<id>", "id of the endpoint")
    .addHelpText("after", examples(["one", "dirsync webhooks get we_01J…"]))
    .action(async (id: string, flags: GetFlags) => finish(await (await actions()).getWebhook(id, flags, context)));
}

function createCommand({ context, finish }: Act): Command {
  const command = subcommand("create", "Make an endpoint and show its secret, once.");
  return withJson(
    command.argument("<url>", "where requests go").addOption(eventsFlag("of every event")).addOption(outFlag("secret")),
  )
    .addHelpText(
      "after",
      examples(
        ["all events", "dirsync webhooks create https://app.example.com/webhooks"],
        ["without showing the secret", "dirsync webhooks create https://app.example.com/webhooks --out webhook-secret"],
        [
          "leavers only, and only the secret",
          "dirsync webhooks create https://app.example.com/leavers --events dsync.user.deleted --json | jq -r .secret",
        ],
      ),
    )
    .action(async (url: string, flags: CreateFlags) =>
      finish(await (await actions()).createWebhook(url, flags, context)),
    );
}

function updateCommand({ context, finish }: Act): Command {
  const command = subcommand("update", "Change an endpoint. What is not given stays as it is.")
    .argument("<id>", "id of the endpoint")
    .option("--url <url>", "where requests go")
    .addOption(eventsFlag("no change"))
    .addOption(new Option("--status <status>", "disabled: its events wait").choices(["enabled", "disabled"]));
  return withJson(command)
    .addHelpText(
      "after",
      examples(
        ["let its events wait", "dirsync webhooks update we_01J… --status disabled"],
        ["move it", "dirsync webhooks update we_01J… --url https://new.example.com/webhooks"],
      ),
    )
    .action(async (id: string, flags: UpdateFlags) =>
      finish(await (await actions()).updateWebhook(id, flags, context)),
    );
}

function deleteCommand({ context, finish }: Act): Command {
  return withJson(subcommand("delete", "Delete an endpoint, with its secret and its deliveries."))
    .argument("<id>", "id of the endpoint")
    .addHelpText("after", examples(["one", "dirsync webhooks delete we_01J…"]))
    .action(async (id: string, flags: GetFlags) => finish(await (await actions()).deleteWebhook(id, flags, context)));
}

function deliveriesCommand({ context, finish }: Act): Command {
  return subcommand("deliveries", "List what became of events, newest event first.")
    .argument("<id>", "id of the endpoint")
    .addOption(new Option("--status <status>", "only those").choices(["sending", "waiting", "delivered", "dead"]))
    .addOption(limitFlag())
    .option("--json", "one JSON object on each line", false)
    .addHelpText(
      "after",
      examples(
        ["the last ten", "dirsync webhooks deliveries we_01J… --limit 10"],
        ["what was given up", "dirsync webhooks deliveries we_01J… --status dead"],
      ),
    )
    .action(async (id: string, flags: DeliveriesFlags) =>
      finish(await (await actions()).listDeliveries(id, flags, context)),
    );
}

function redeliverCommand({ context, finish }: Act): Command {
  const command = subcommand("redeliver", "Have events delivered once more, with all their tries.")
    .argument("<id>", "id of the endpoint")
    .argument("[event-ids...]", "these events")
    .addOption(
      new Option("--status <status>", "those that ended so (default: dead, unless events are named)").choices([
        "delivered",
        "dead",
      ]),
    )
    .option("--since <time>", "of events made then or later, ISO 8601")
    .option("--until <time>", "of events made before then, ISO 8601");
  return withJson(command)
    .addHelpText(
      "after",
      examples(
        ["everything that was given up", "dirsync webhooks redeliver we_01J… --status dead"],
        ["one event, whatever became of it", "dirsync webhooks redeliver we_01J… event_01J…"],
        [
          "all of a day, taken or not",
          "dirsync webhooks redeliver we_01J… --status delivered --since 2026-11-26T00:00:00Z --until 2026-11-27T00:00:00Z",
        ],
      ),
    )
    .action(async (id: string, eventIds: readonly string[], flags: RedeliverFlags) =>
      finish(await (await actions()).redeliver({ id, eventIds }, flags, context)),
    );
}

function rotateCommand({ context, finish }: Act): Command {
  const command = subcommand(
    "rotate-secret",
    "Give an endpoint another secret and show it, once. Both sign for a while.",
  )
    .argument("<id>", "id of the endpoint")
    .option("--overlap <duration>", "how long the one before is good, such as 1h or 7d (default: 1d)")
    .addOption(outFlag("secret"));
  return withJson(command)
    .addHelpText(
      "after",
      examples(
        ["another secret, both good for a day", "dirsync webhooks rotate-secret we_01J…"],
        ["at once, because the old one has leaked", "dirsync webhooks rotate-secret we_01J… --overlap 0s"],
      ),
    )
    .action(async (id: string, flags: RotateFlags) => finish(await (await actions()).rotateSecret(id, flags, context)));
}

function eventsFlag(standard: string): Option {
  return new Option("--events <names>", `names of events, separated by commas (default: ${standard})`);
}

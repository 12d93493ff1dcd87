import { Command } from "commander";
import type { CreateTokenFlags, RotateTokenFlags } from "../actions/directory-tokens.ts";
import type { GetFlags } from "../actions/listing.ts";
import type { Context } from "../context.ts";
import { examples, type Register, serviceFlags, SettingOption } from "./command.ts";
import { outFlag } from "./out-flag.ts";

type Finish = Parameters<Register>[2];

/** A subcommand, and what it does with its arguments and flags. */
interface Act {
  readonly context: Context;
  readonly finish: Finish;
}

const actions = () => import("../actions/directory-tokens.ts");

/** `dirsync directories tokens list|create|rotate|revoke`. */
export function directoryTokens(context: Context, finish: Finish): Command {
  const act = { context, finish };
  return new Command("tokens")
    .summary("what a directory's provider authenticates with: list, make, rotate, revoke")
    .description(
      "Manages the tokens that a directory's identity provider sends, as a bearer token or as the password of Basic. Only " +
        "for our own server; at WorkOS this is in the dashboard.",
    )
    .addHelpText(
      "after",
      examples(
        ["which there are, and when each was used last", "dirsync directories tokens list directory_01J…"],
        ["another one; both work for a day", "dirsync directories tokens rotate directory_01J… --out scim-token"],
        ["one that only reads, for an audit", "dirsync directories tokens create directory_01J… --scope read_only"],
      ),
    )
    .addCommand(listCommand(act))
    .addCommand(createCommand(act))
    .addCommand(rotateCommand(act))
    .addCommand(revokeCommand(act));
}

function subcommand(name: string, description: string): Command {
  return serviceFlags(new Command(name).description(description)).argument("<id>", "id of the directory");
}

function listCommand({ context, finish }: Act): Command {
  return subcommand("list", "List the tokens that work, oldest first.")
    .option("--json", "one JSON object on each line", false)
    .addHelpText("after", examples(["all of one directory", "dirsync directories tokens list directory_01J…"]))
    .action(async (id: string, flags: GetFlags) => finish(await (await actions()).listTokens(id, flags, context)));
}

function createCommand({ context, finish }: Act): Command {
  const scopes = ["provisioning", "read_only"];
  return subcommand("create", "Make a token and show it, once.")
    .option("--name <name>", "what it is called in lists (default: Token)")
    .addOption(
      new SettingOption("--scope <scope>", "provisioning, or read_only (default: provisioning)", scopes).choices(
        scopes,
      ),
    )
    .option("--expires <duration>", "when it ends by itself, such as 90d (default: never)")
    .addOption(outFlag())
    .option("--json", "one JSON value on one line", false)
    .addHelpText(
      "after",
      examples(
        ["for the provider", "dirsync directories tokens create directory_01J… --name Okta --out scim-token"],
        [
          "to look, for a week",
          "dirsync directories tokens create directory_01J… --name audit --scope read_only --expires 7d",
        ],
      ),
    )
    .action(async (id: string, flags: CreateTokenFlags) =>
      finish(await (await actions()).createToken(id, flags, context)),
    );
}

function rotateCommand({ context, finish }: Act): Command {
  return subcommand("rotate", "Make a token in the place of another and show it, once. Both work for a while.")
    .argument("[token-id]", "id of the one before (default: the only one without an end)")
    .option("--overlap <duration>", "how long the one before works, such as 1h or 7d (default: 1d)")
    .addOption(outFlag())
    .option("--json", "one JSON value on one line", false)
    .addHelpText(
      "after",
      examples(
        ["another one; both work for a day", "dirsync directories tokens rotate directory_01J… --out scim-token"],
        [
          "at once, because it has leaked",
          "dirsync directories tokens rotate directory_01J… directory_token_01J… --overlap 0s",
        ],
      ),
    )
    .action(async (id: string, tokenId: string | undefined, flags: RotateTokenFlags) =>
      finish(await (await actions()).rotateToken({ id, tokenId }, flags, context)),
    );
}

function revokeCommand({ context, finish }: Act): Command {
  return subcommand("revoke", "End a token at once.")
    .argument("<token-id>", "id of the token")
    .option("--json", "one JSON value on one line", false)
    .addHelpText("after", examples(["one", "dirsync directories tokens revoke directory_01J… directory_token_01J…"]))
    .action(async (id: string, tokenId: string, flags: GetFlags) =>
      finish(await (await actions()).revokeToken({ id, tokenId }, flags, context)),
    );
}

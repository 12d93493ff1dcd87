import { Command } from "commander";
import type { CreateDirectoryFlags, LinkFlags } from "../actions/directory-making.ts";
import type { Context } from "../context.ts";
import { examples, type Register, serviceFlags, SettingOption } from "./command.ts";
import { outFlag } from "./out-flag.ts";

type Finish = Parameters<Register>[2];

const actions = () => import("../actions/directory-making.ts");

/** What `--provider` completes. A type of the service does as well. */
const providers = [
  ...(["okta", "entra", "onelogin", "jumpcloud", "pingfederate"] as const),
  ...(["pingone", "rippling", "cyberark", "sailpoint", "generic"] as const),
];

/** `dirsync directories create`. */
export function createDirectoryCommand(context: Context, finish: Finish): Command {
  return serviceFlags(new Command("create").description("Make a directory, and show its address and token, once."))
    .argument("<name>", "whose directory it is, such as the customer's name")
    .addOption(
      new SettingOption("--provider <name>", `who will send to it: ${providers.join(", ")}`, providers).default(
        "generic",
      ),
    )
    .option("--organization <id>", "whose it is (default: a new organization of that name)")
    .option("--no-soft-delete", "remove people who are deactivated, instead of keeping them as inactive")
    .addOption(outFlag())
    .option("--json", "one JSON value on one line", false)
    .addHelpText(
      "after",
      examples(
        ["for a customer with Okta", "dirsync directories create Acme --provider okta --out scim-token"],
        ["its address and token, for a script", "dirsync directories create Acme --json | jq .scim"],
      ),
    )
    .action(async (name: string, flags: CreateDirectoryFlags) =>
      finish(await (await actions()).createDirectory(name, flags, context)),
    );
}

/** `dirsync directories link`. */
export function linkCommand(context: Context, finish: Finish): Command {
  return serviceFlags(
    new Command("link").description(
      "Make a link to the setup portal, in which a customer's admin connects a directory. It works once, for five minutes.",
    ),
  )
    .argument("<organization-id>", "whose admin it is for")
    .option("--return-url <url>", "where the way back leads")
    .option("--success-url <url>", "where the way leads in the end")
    .option("--json", "one JSON value on one line", false)
    .addHelpText("after", examples(["for one customer", "dirsync directories link org_01J…"]))
    .action(async (organization: string, flags: LinkFlags) =>
      finish(await (await actions()).makeLink(organization, flags, context)),
    );
}

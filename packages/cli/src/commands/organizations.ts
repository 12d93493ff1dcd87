import { Command, Option } from "commander";
import type {
  CreateOrganizationFlags,
  DeleteOrganizationFlags,
  GetOrganizationFlags,
  UpdateOrganizationFlags,
} from "../actions/organizations.ts";
import type { Context } from "../context.ts";
import { examples, type Register, serviceFlags } from "./command.ts";
import { registerResource } from "./resource.ts";

type Finish = Parameters<Register>[2];

const actions = () => import("../actions/organizations.ts");

/** `dirsync organizations list|get|create|update|delete`. */
export const registerOrganizations = registerResource({
  name: "organizations",
  summary: "list organizations, your customers; make, change and delete them",
  description: "Lists, makes, changes and deletes organizations: your customers. Each owns any number of directories.",
  singular: "organization",
  plural: "organizations",
  order: "newest first",
  exampleId: "org_01J…",
  listExamples: [
    ["by name", "dirsync organizations list --search acme"],
    ["by domain", "dirsync organizations list --domains acme.com,acme.org"],
  ],
  furtherExamples: [["a new one", "dirsync organizations create Acme --external-id customer-42"]],
  listFilters: (list) =>
    list
      .option("--search <text>", "only those whose name contains this")
      .addOption(domainsFlag("only those that own any of these domains")),
  getFilters: (get) => get.option("--external", "the id is your app's own: its external_id", false),
  list: async (flags, context) => (await actions()).listOrganizations(flags, context),
  get: async (id, flags: GetOrganizationFlags, context) => (await actions()).getOrganization(id, flags, context),
  further: (context, finish) => [
    createCommand(context, finish),
    updateCommand(context, finish),
    deleteCommand(context, finish),
  ],
});

function createCommand(context: Context, finish: Finish): Command {
  return serviceFlags(new Command("create").description("Make an organization."))
    .argument("<name>", "the customer's name")
    .option("--external-id <id>", "your app's own id of this customer")
    .addOption(domainsFlag("domains that it says are its own"))
    .option("--json", "one JSON value on one line", false)
    .addHelpText(
      "after",
      examples(
        ["one that your app knows as customer-42", "dirsync organizations create Acme --external-id customer-42"],
        [
          "one, and a link with which its admin connects a directory",
          'dirsync directories link "$(dirsync organizations create Acme --json | jq -r .id)"',
        ],
      ),
    )
    .action(async (name: string, flags: CreateOrganizationFlags) =>
      finish(await (await actions()).createOrganization(name, flags, context)),
    );
}

function updateCommand(context: Context, finish: Finish): Command {
  return serviceFlags(new Command("update").description("Change an organization. What is not given stays as it is."))
    .argument("<id>", "id of the organization")
    .option("--name <name>", "the customer's name")
    .option("--external-id <id>", 'your app\'s own id of this customer; "" for none')
    .option("--json", "one JSON value on one line", false)
    .addHelpText("after", examples(["rename it", 'dirsync organizations update org_01J… --name "Acme Ltd"']))
    .action(async (id: string, flags: UpdateOrganizationFlags) =>
      finish(await (await actions()).updateOrganization(id, flags, context)),
    );
}

function deleteCommand(context: Context, finish: Finish): Command {
  return serviceFlags(
    new Command("delete").description("Delete an organization with its directories and their people."),
  )
    .argument("<id>", "id of the organization")
    .option("--yes", "do it; without this flag, only say what would go", false)
    .option("--json", "one JSON value on one line", false)
    .addHelpText(
      "after",
      `\nExit codes: 0 done, 2 usage, 5 nothing was deleted because --yes is missing,
69 the service does not answer, 77 not authorised, 78 no such organization.\n${examples(
        ["what it has", "dirsync organizations delete org_01J…"],
        ["delete it", "dirsync organizations delete org_01J… --yes"],
      )}`,
    )
    .action(async (id: string, flags: DeleteOrganizationFlags) =>
      finish(await (await actions()).deleteOrganization(id, flags, context)),
    );
}

function domainsFlag(purpose: string): Option {
  return new Option("--domains <names>", `${purpose}, separated by commas`);
}

import type { Directory } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput } from "../output.ts";
import { amount, grouped } from "../ui/amount.ts";
import { printable } from "../ui/printable.ts";
import { whileWaiting } from "../ui/waiting.ts";
import { wrongUsage } from "../wrong-usage.ts";
import {
  connect,
  type GetFlags,
  given,
  type ListFlags,
  namesIn,
  printList,
  printOne,
  wholeDirectory,
} from "./listing.ts";

/** Flags of `dirsync organizations list`. */
export interface ListOrganizationsFlags extends ListFlags {
  readonly search?: string;
  readonly domains?: string;
}

/** Flags of `dirsync organizations get`. */
export interface GetOrganizationFlags extends GetFlags {
  /** True where the id is the app's own. */
  readonly external: boolean;
}

/** Flags of `dirsync organizations create`. */
export interface CreateOrganizationFlags extends GetFlags {
  readonly externalId?: string;
  readonly domains?: string;
}

/** Flags of `dirsync organizations update`. */
export interface UpdateOrganizationFlags extends GetFlags {
  readonly name?: string;
  readonly externalId?: string;
}

/** Flags of `dirsync organizations delete`. */
export interface DeleteOrganizationFlags extends GetFlags {
  readonly yes: boolean;
}

/** Lists organizations. */
export async function listOrganizations(flags: ListOrganizationsFlags, context: Context): Promise<number> {
  const filters = given({ search: flags.search, domains: namesIn(flags.domains) });
  return await printList((await connect(flags, context)).organizations.list(filters), {
    flags,
    context,
    nothing: "No organizations.",
    columns: [
      { heading: "ID", cell: (organization) => organization.id },
      { heading: "NAME", cell: (organization) => organization.name },
      { heading: "EXTERNAL ID", cell: (organization) => organization.external_id },
      { heading: "DOMAINS", cell: ({ domains = [] }) => domains.map(({ domain }) => domain).join(" ") },
    ],
  });
}

/** Shows one organization. */
export async function getOrganization(id: string, flags: GetOrganizationFlags, context: Context): Promise<number> {
  const { organizations } = await connect(flags, context);
  return printOne(await (flags.external ? organizations.getByExternalId(id) : organizations.get(id)), flags, context);
}

/** Makes an organization. */
export async function createOrganization(
  name: string,
  flags: CreateOrganizationFlags,
  context: Context,
): Promise<number> {
  // Whether they are the customer's is not ours to say.
  const domains = namesIn(flags.domains)?.map((domain) => ({ domain, state: "pending" as const }));
  const { organizations } = await connect(flags, context);
  const made = await organizations.create({
    name,
    ...given({ external_id: flags.externalId, domain_data: domains }),
  });
  const output = createOutput(context, flags.json);
  if (flags.json) output.json(made);
  output.line(`Made ${printable(made.id)}.`);
  output.line(`Its admin connects a directory by: dirsync directories link ${printable(made.id)}`);
  return exitCodes.done;
}

/** Changes what is given. */
export async function updateOrganization(
  id: string,
  flags: UpdateOrganizationFlags,
  context: Context,
): Promise<number> {
  const { name, externalId } = flags;
  const external_id = externalId === "" ? null : externalId;
  const changes = given({ name, external_id });
  if (Object.keys(changes).length === 0) throw wrongUsage("Say what to change: --name or --external-id.");
  return printOne(await (await connect(flags, context)).organizations.update(id, changes), flags, context);
}

/** Deletes an organization with its directories; without `yes` it only says what they have. */
export async function deleteOrganization(
  id: string,
  flags: DeleteOrganizationFlags,
  context: Context,
): Promise<number> {
  const { organizations, directories } = await connect(flags, context);
  const output = createOutput(context, flags.json);
  if (!flags.yes) {
    const { name } = await organizations.get(id);
    const owned: Directory[] = [];
    for await (const directory of directories.list({ organization_id: id })) owned.push(directory);
    if (flags.json) output.json({ id, deleted: false, directories: owned.map((directory) => directory.id) });
    output.line(`${printable(name)} has ${told(owned)}, and would go with all of it: nobody of it keeps access.`);
    output.line("Nothing was deleted. If that is right, say --yes.");
    return exitCodes.findings;
  }
  await whileWaiting(context.streams, "the service deletes it with its directories", () =>
    organizations.delete(id, wholeDirectory),
  );
  if (flags.json) output.json({ id, deleted: true });
  output.line(`Deleted ${printable(id)}, with its directories.`);
  return exitCodes.done;
}

/** How many directories they are, and, where the service says so, how many people are in them. */
function told(owned: readonly Directory[]): string {
  const directories = owned.length === 1 ? "1 directory" : `${grouped(owned.length)} directories`;
  const counts = owned.flatMap(({ metadata }) => metadata?.users.active ?? []);
  if (owned.length === 0 || counts.length < owned.length) return directories;
  const people = counts.reduce((sum, count) => sum + count, 0);
  return `${directories} with ${amount(people, "active user")}`;
}

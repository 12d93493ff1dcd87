import { Command } from "commander";
import type { GetFlags, ListFlags } from "../actions/listing.ts";
import type { Context } from "../context.ts";
import { examples, type Register, serviceFlags } from "./command.ts";
import { limitFlag } from "./limit.ts";

/** A kind of thing the service has, with `list` and `get`. */
export interface Resource<L extends ListFlags, G extends GetFlags> {
  /** Name of the command, for example `users`. */
  readonly name: string;
  /** What the command is for, where it is more than to list and show. */
  readonly summary?: string;
  /** The same as a sentence or two. */
  readonly description?: string;
  readonly singular: string;
  readonly plural: string;
  /** How the list is ordered, for its help text. */
  readonly order: string;
  readonly exampleId: string;
  readonly listExamples: readonly (readonly [purpose: string, commandLine: string])[];
  /** Flags of `list` besides the common ones. */
  readonly listFilters: (list: Command) => Command;
  /** Flags of `get` besides the common ones. */
  readonly getFilters?: (get: Command) => Command;
  readonly list: (flags: L, context: Context) => Promise<number>;
  readonly get: (id: string, flags: G, context: Context) => Promise<number>;
  readonly furtherExamples?: Resource<L, G>["listExamples"];
  /** What else can be done with it. */
  readonly further?: (context: Context, finish: Finish) => readonly Command[];
}

/** The command of a resource. */
export function registerResource<L extends ListFlags, G extends GetFlags>(resource: Resource<L, G>): Register {
  return (program, context, finish) => {
    const group = new Command(resource.name)
      .summary(resource.summary ?? `list and show ${resource.plural}`)
      .description(resource.description ?? `Reads ${resource.plural} from the service.`)
      .addHelpText(
        "after",
        examples(
          ...resource.listExamples,
          [`one ${resource.singular}`, `dirsync ${resource.name} get ${resource.exampleId}`],
          ...(resource.furtherExamples ?? []),
        ),
      )
      .addCommand(listCommand(resource, context, finish))
      .addCommand(getCommand(resource, context, finish));
    for (const command of resource.further?.(context, finish) ?? []) group.addCommand(command);
    program.addCommand(group);
  };
}

type Finish = Parameters<Register>[2];

function listCommand<L extends ListFlags, G extends GetFlags>(
  resource: Resource<L, G>,
  context: Context,
  finish: Finish,
) {
  const list = new Command("list").description(`List ${resource.plural}, ${resource.order}.`);
  return resource
    .listFilters(serviceFlags(list))
    .addOption(limitFlag())
    .option("--json", "one JSON object on each line", false)
    .addHelpText("after", examples(...resource.listExamples))
    .action(async (flags: L) => finish(await resource.list(flags, context)));
}

function getCommand<L extends ListFlags, G extends GetFlags>(
  resource: Resource<L, G>,
  context: Context,
  finish: Finish,
) {
  const get = serviceFlags(new Command("get").description(`Show one ${resource.singular}.`));
  return (resource.getFilters?.(get) ?? get)
    .argument("<id>", `id of the ${resource.singular}`)
    .option("--json", "one JSON value on one line", false)
    .addHelpText("after", examples([`one ${resource.singular}`, `dirsync ${resource.name} get ${resource.exampleId}`]))
    .action(async (id: string, flags: G) => finish(await resource.get(id, flags, context)));
}

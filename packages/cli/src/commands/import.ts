import { Command, InvalidArgumentError, Option } from "commander";
import type { ImportFlags } from "../actions/import.ts";
import { examples, type Register, serviceFlags, SettingOption } from "./command.ts";

/** `dirsync import`. */
export const registerImport: Register = (program, context, finish) => {
  const command = new Command("import")
    .summary("bring a directory to what a CSV file of people says")
    .description(
      "Compares a CSV file of people, such as the export of an HR system, with a directory of our own server, and shows the " +
        "events that would come of it; with --apply it makes them happen, all or none. Everybody who is not in the file is " +
        "deactivated.",
    )
    .argument("<file>", "CSV (RFC 4180) in UTF-8; the first line has the headings. - reads standard input");
  serviceFlags(command)
    .optionsGroup("Import:")
    .requiredOption("--directory <id>", "the directory")
    .addOption(new Option("--plan", "only show what would happen (default)").conflicts("apply"))
    .option("--apply", "make it happen", false)
    .option("--memberships <file>", "CSV that says who is in which group, a line each; the people file then does not")
    .option("--groups <file>", "CSV of groups with ids, which memberships then name, and which stay when names change")
    .addOption(mapOption())
    .option("--delimiter <character>", "what separates cells; tab is written \\t", parseDelimiter, ",")
    .addOption(missingOption())
    .option("--allow-removals", "deactivate more people than the brake lets pass", false)
    .option("--json", "one JSON value on one line", false)
    .addHelpText("after", explanation)
    .action(async (file: string, flags: ImportFlags) => {
      const { importFile } = await import("../actions/import.ts");
      finish(await importFile(file, flags, context));
    });
  program.addCommand(command);
};

const explanation = `
Headings such as "Work Email", "Employee ID" or "Business Title" are known;
--map names others. People are known by their employee id, else by their user
name. An empty cell takes away what was there. Groups stand in one cell,
separated by semicolons, or in files of their own: --memberships has lines of a
person (employee id, user name or e-mail address) and a group, --groups has
lines of an id and a name.

More than 50 people, and more than a tenth of them, or everybody, are not
deactivated unless --allow-removals says so: half a file looks like that, too.

Exit codes: 0 done, 2 usage, 5 the file has a mistake or the brake holds
(nothing was changed), 69 the service does not answer, 77 not authorised.
${examples(
  ["see what would happen", "dirsync import people.csv --directory directory_01J… --plan"],
  ["make it happen", "dirsync import people.csv --directory directory_01J… --apply"],
  [
    "people, groups and memberships in files of their own",
    `dirsync import users.csv --groups groups.csv --memberships user_groups.csv \\
      --directory directory_01J… --apply`,
  ],
  [
    "a file with headings of its own",
    `dirsync import leute.csv --directory directory_01J… --delimiter ';' \\
      --map Kennung=userName --map 'Ausweis=urn:acme:2.0:User:badge'`,
  ],
)}`;

function mapOption(): Option {
  const purpose =
    "read a column as: email, active, groups, or a SCIM attribute; of --memberships: member, group; of --groups: groupId, " +
    "groupName (may be given several times)";
  return new Option("--map <heading=attribute>", purpose).argParser(
    (given: string, before: readonly string[] | undefined) => {
      const at = given.lastIndexOf("=");
      if (at > 0 && at < given.length - 1) return [...(before ?? []), given];
      throw new InvalidArgumentError("Write it as heading=attribute.");
    },
  );
}

function missingOption(): Option {
  const words = ["deactivate", "keep"];
  const purpose = `what becomes of people who are not in the file: ${words.join(", ")}`;
  return new SettingOption("--missing <word>", purpose, words).default("deactivate").argParser((given: string) => {
    if (words.includes(given)) return given;
    throw new InvalidArgumentError(`It is one of ${words.join(", ")}.`);
  });
}

function parseDelimiter(text: string): string {
  const delimiter = text === String.raw`\t` ? "\t" : text;
  if ([...delimiter].length === 1 && delimiter !== '"' && delimiter !== "\n") return delimiter;
  throw new InvalidArgumentError("It is one character, and no quotation mark.");
}

import { Command } from "commander";
import type { DiffFlags } from "../actions/diff.ts";
import { examples, type Register } from "./command.ts";
import { peopleFlags } from "./people-flags.ts";

/** `dirsync diff`. */
export const registerDiff: Register = (program, context, finish) => {
  const command = peopleFlags(new Command("diff"))
    .summary("compare people with the rows of your app's own table")
    .description(
      "Says who is missing in your app, who is in your app alone, and whose fields disagree. Each column of the query is " +
        "compared with the field of its name: email, first_name, last_name, name, state, active, role, idp_id, …, or a " +
        "custom attribute. Reads both sides and writes to neither.",
    )
    .option("--active", "only people who are active: everybody else in your app is then there alone", false)
    .optionsGroup("With what:")
    .requiredOption("--against <query>", "sql: and the query, such as 'sql:select email, active from users'")
    .requiredOption("--key <column>", "the column that says who a row is about; e-mail addresses in either case")
    .option("--sqlite <file>", "SQLite database to ask")
    .option(
      "--database-url-file <file>",
      "file that holds the address of a PostgreSQL database (default: $DIRSYNC_DATABASE_URL, else $DATABASE_URL)",
    )
    .optionsGroup("How:")
    .option("--exit-code", "exit with 5 when there is any drift", false)
    .option("--hide-values", "say which fields disagree, and not what they hold", false)
    .option("--json", "one JSON object for each drift, then one with the counts", false)
    .addHelpText(
      "after",
      examples(
        [
          "who still has an account and should not",
          "dirsync diff --active --sqlite app.db --key email --against 'sql:select email from accounts where enabled'",
        ],
        [
          "fields of a PostgreSQL database, in CI",
          "dirsync diff --service --key email --exit-code --against 'sql:select email, role, dept as department_name from users'",
        ],
      ),
    )
    .action(async (flags: DiffFlags) => {
      const { diff } = await import("../actions/diff.ts");
      finish(await diff(flags, context));
    });
  program.addCommand(command);
};

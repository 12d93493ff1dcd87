import { Command } from "commander";
import type { AuditFlags } from "../actions/audit.ts";
import { examples, type Register, serviceFlags } from "./command.ts";
import { limitFlag } from "./limit.ts";

/** `dirsync audit`. */
export const registerAudit: Register = (program, context, finish) => {
  const command = new Command("audit")
    .summary("who changed what on a Dirsync server")
    .description(
      "Lists what was changed by the API of a Dirsync server, newest first: by which key, and with which program.",
    );
  serviceFlags(command)
    .option("--target <id>", "only about the object with this id")
    .option("--action <name>", "only of this kind, such as directory.deleted")
    .addOption(limitFlag())
    .option("--json", "one JSON object on each line", false)
    .addHelpText(
      "after",
      examples(
        ["the last ten changes", "dirsync audit --limit 10"],
        ["who made this endpoint, and who gave it another secret", "dirsync audit --target we_01J…"],
      ),
    )
    .action(async (flags: AuditFlags) => {
      const { audit } = await import("../actions/audit.ts");
      finish(await audit(flags, context));
    });
  program.addCommand(command);
};

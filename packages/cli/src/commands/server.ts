import { Command } from "commander";
import type { BackupFlags, RestoreFlags } from "../actions/server-backup.ts";
import type { Context } from "../context.ts";
import { examples, type Register, serviceFlags } from "./command.ts";
import { serverKeyFlags } from "./server-key-flags.ts";

type Finish = Parameters<Register>[2];

/** `dirsync server backup|restore|openapi`. */
export const registerServer: Register = (program, context, finish) => {
  const group = new Command("server")
    .summary("look after a Dirsync server: backups, its API as a document")
    .description("Looks after a server that `dirsync serve` runs.")
    .addHelpText(
      "after",
      examples(
        ["a backup of the server that runs", "dirsync server backup --out /backups/dirsync.db"],
        ["go back to it, with the server stopped", "dirsync server restore /backups/dirsync.db"],
        ["its API, for generators of clients", "dirsync server openapi > openapi.json"],
      ),
    )
    .addCommand(backupCommand(context, finish))
    .addCommand(restoreCommand(context, finish))
    .addCommand(openApiCommand(context, finish));
  program.addCommand(group);
};

function backupCommand(context: Context, finish: Finish): Command {
  const command = new Command("backup")
    .summary("make a backup of a server while it runs")
    .description(
      "Makes a backup of a server while it runs: one state of everything, packed anew and checked. With --data, of the file of a " +
        "server that does not run.",
    )
    .requiredOption("--out <file>", "where it goes; takes the place of an older one when it is complete and sound")
    .option("--data <file>", "make it of this data file, which no server may hold");
  return serviceFlags(command)
    .option("--json", "one JSON object on one line", false)
    .addHelpText(
      "after",
      `
Only its owner may read the file. It holds people, and secrets as the server
stores them: tokens as digests, signing secrets encrypted. Keep the encryption
key, or the API key where there is none, in another place: the backup is of no
use to webhooks without. The fingerprint tells which key it is.

Exit codes: 0 done, 69 the service does not answer, 73 a server holds the data
file, 74 the copy is damaged (nothing took the place of the older one), 77 not
authorised.
${examples(
  ["of the server that runs", "dirsync server backup --out /backups/dirsync.db"],
  ["every night, by cron", 'dirsync server backup --out "/backups/dirsync-$(date +%a).db" --json'],
  ["of a server that is stopped", "dirsync server backup --data ./server.db --out ./backup.db"],
)}`,
    )
    .action(async (flags: BackupFlags) => {
      const { backup } = await import("../actions/server-backup.ts");
      finish(await backup(flags, context));
    });
}

function restoreCommand(context: Context, finish: Finish): Command {
  const command = new Command("restore")
    .summary("put a backup in the place of a server's data file")
    .description(
      "Puts a backup in the place of a server's data file, which is kept beside it. The server has to be stopped.",
    )
    .argument("<backup>", "the backup file")
    .option("--data <file>", "data file (default: $DIRSYNC_DATA, else the one in the XDG state folder)")
    .option("--check", "only look whether the backup is sound, and what is in it", false);
  return serverKeyFlags(command)
    .option("--json", "one JSON object on one line", false)
    .addHelpText(
      "after",
      `
The server notices that its log was put back: whoever has read events that are
lost is refused with event_cursor_rolled_back, and goes on after the last event
that is left. dirsync tail does so by itself, and compares what it has with the
lists. What providers have sent since the backup comes again with their next
full run.

Where a key is given, it is held against the one that the backup needs.

Exit codes: 0 done, 73 a server holds the data file, 74 the backup is damaged or
is none, 78 the key given is not the one it needs. Only with 0 has anything
changed.
${examples(
  ["what is in it", "dirsync server restore /backups/dirsync.db --check"],
  ["go back to it", "dirsync server restore /backups/dirsync.db"],
)}`,
    )
    .action(async (file: string, flags: RestoreFlags) => {
      const { restore } = await import("../actions/server-backup.ts");
      finish(await restore(file, flags, context));
    });
}

function openApiCommand(context: Context, finish: Finish): Command {
  return new Command("openapi")
    .summary("print the OpenAPI document of the server's API")
    .description(
      "Prints the OpenAPI 3.1 document of the server's API: that of WorkOS Directory Sync and our own calls. Needs no server: a " +
        "running one answers GET /openapi.json with the same.",
    )
    .addHelpText(
      "after",
      `
The address in it is $DIRSYNC_PUBLIC_URL, else http://127.0.0.1:4400.

Exit codes: 0 done, 78 the address is none.
${examples(["keep it beside the code", "dirsync server openapi > openapi.json"])}`,
    )
    .action(async () => {
      const { printOpenApi } = await import("../actions/server-openapi.ts");
      finish(await printOpenApi(context));
    });
}

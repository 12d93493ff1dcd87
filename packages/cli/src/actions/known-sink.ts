import type { Journal } from "@dirsync/consumer";
import { StateError } from "@dirsync/sdk";

/**
 * A name that no sink has would find nothing, which looks just like nothing being wrong.
 * @throws StateError `missing`
 */
export async function refuseUnknownSink(journal: Journal, name: string): Promise<void> {
  if ((await journal.status()).sinks.some((sink) => sink.name === name)) return;
  throw new StateError(`There is no sink ${name}. \`dirsync status\` shows what there is.`, { code: "missing" });
}

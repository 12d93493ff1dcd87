import { StateError } from "@dirsync/sdk";

/** The error for the name of a sink that the file does not know. */
export function noSuchSink(name: string): StateError {
  return new StateError(`There is no sink ${name}. \`dirsync status\` shows what there is.`, { code: "missing" });
}

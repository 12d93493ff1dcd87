import { Option } from "commander";

/** `--out`: where the secret goes that a command makes. */
export function outFlag(secret = "token"): Option {
  return new Option("--out <file>", `write the ${secret} to this file, for its owner only, instead of showing it`);
}

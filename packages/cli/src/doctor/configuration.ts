/** The configuration: what is wrong with it, and what of the environment it does not know. */
import type { Logger } from "@dirsync/sdk";
import type { Context, Environment } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Configuration } from "../settings/load.ts";
import { unknownVariables } from "../settings/unknown-variables.ts";
import { prepareSinks } from "../sinks/make.ts";
import { failed, type Finding, ok, warning } from "./check.ts";

/** What can be said about the configuration. Loads handlers and looks for programs, as a tail does. */
export async function checkConfiguration(
  configuration: Configuration,
  { context, log }: { context: Context; log: Logger },
): Promise<readonly Finding[]> {
  const { file, sinks, problems } = configuration;
  await prepareSinks(sinks, problems, { context, log });
  const wrong = problems.all.map(({ message }) =>
    failed("config", { detail: message, advice: null, exitCode: exitCodes.configuration }),
  );
  const fine = ok("config", file ?? "no config file; flags, variables and defaults");
  return [...(wrong.length > 0 ? wrong : [fine]), checkSinks(configuration), ...checkVariables(context.environment)];
}

function checkSinks({ sinks }: Configuration): Finding {
  if (sinks.length > 0) return ok("sinks", sinks.map(({ name, target }) => `${name} (${target})`).join(", "));
  const advice = "Give `dirsync doctor` the flags that `dirsync tail` gets, or write a config file.";
  return warning("sinks", "none is configured here", advice);
}

/** A variable that is misspelt is ignored, which nobody would notice. */
function checkVariables(environment: Environment): readonly Finding[] {
  return unknownVariables(environment).map(({ name, meant }) => {
    const advice = meant === null ? "Nothing reads it; unset it." : `Did you mean ${meant}?`;
    return warning("variables", `${name} is no setting`, advice);
  });
}

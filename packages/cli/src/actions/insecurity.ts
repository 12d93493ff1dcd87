import type { Logger } from "@dirsync/sdk";
import type { Configuration } from "../settings/load.ts";

/** An insecure setting that is on, and where that was asked for. */
interface Insecurity {
  readonly setting: string;
  readonly where: string;
}

/** Insecure settings that are on, of the whole and of each sink. */
export function insecuritiesOf(configuration: Configuration): readonly Insecurity[] {
  return [configuration, ...configuration.sinks].flatMap(({ values, origins }) =>
    Object.entries(values)
      .filter(([setting, value]) => setting.startsWith("insecure") && value === true)
      .map(([setting]) => ({ setting, where: origins[setting]?.where ?? setting })),
  );
}

/** At every start, so that nobody forgets what was only to be for a day. */
export function warnOfInsecurity(configuration: Configuration, log: Logger): void {
  for (const { setting, where } of insecuritiesOf(configuration)) {
    log.warn({ setting, from: where }, "an insecure setting is on");
  }
}

import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput, type Output } from "../output.ts";
import type { Origin, Resolved } from "../settings/layers.ts";
import { type ConfigFlags, type Configuration, loadConfiguration } from "../settings/load.ts";
import type { SinkPlan } from "../settings/sink-plans.ts";
import type { Setting } from "../settings/setting.ts";
import { sinkSettings } from "../settings/sink-table.ts";
import { plainSettings, plainSecretSettings } from "../settings/table.ts";

/** Flags of `dirsync config`, besides those of every setting. */
export interface ShowConfigFlags extends ConfigFlags {
  readonly json: boolean;
}

/**
 * Shows what `dirsync tail` with these flags would go by, and where each value comes from.
 * @throws ConfigError after that, for everything that is wrong.
 */
export async function showConfig(flags: ShowConfigFlags, context: Context): Promise<number> {
  const configuration = await loadConfiguration(flags, context);
  const output = createOutput(context, flags.json, { secrecy: "lookalikes" });
  if (flags.json) output.json(toJson(configuration));
  else show(configuration, output);
  configuration.problems.throwIfAny();
  return exitCodes.done;
}

/** One setting as it is shown. A secret is never: only where it is. */
interface Row {
  readonly key: string;
  readonly value: string | null;
  readonly origin: Origin;
}

function show(configuration: Configuration, output: Output): void {
  const { file, sinks } = configuration;
  output.line(`${output.style("dim", "config file")}  ${file ?? "none"}`);
  output.line();
  const rows = [...secretRows(configuration), ...plainRows(configuration), ...sinks.flatMap(ownRows)];
  output.table(rows, [
    { heading: "SETTING", cell: ({ key }) => key },
    { heading: "VALUE", cell: ({ value }) => value, isProse: true },
    { heading: "FROM", cell: ({ origin }) => shortOrigin(origin, file) },
  ]);
  output.line();
  if (sinks.length === 0) output.line("There is no sink: `dirsync tail` would have nowhere to deliver to.");
  else output.line(`What a sink does not say is as always: ${standards()}.`);
}

function toJson({ file, ...configuration }: Configuration): unknown {
  const asObject = (rows: readonly Row[]): unknown =>
    Object.fromEntries(rows.map(({ key, value, origin }) => [key, { value, ...origin }]));
  const { problems, sinks, values, origins, secrets } = configuration;
  return {
    file,
    secrets: asObject(secretRows({ secrets })),
    settings: asObject(plainRows({ values, origins })),
    sinks: sinks.map((sink) => ({
      name: sink.name,
      target: sink.target,
      value: sink.value,
      ...sink.origin,
      settings: asObject(settingRows(sinkSettings, sink)),
    })),
    problems: problems.all.map(({ where, message }) => ({ where, message })),
  };
}

function secretRows({ secrets }: Pick<Configuration, "secrets">): readonly Row[] {
  const names = Object.keys(plainSecretSettings) as readonly (keyof typeof plainSecretSettings)[];
  return names.map((key) => {
    const source = secrets[key];
    if (source === null) return { key, value: null, origin: { from: "default", where: "not given" } };
    return { key, value: "[redacted]", origin: source.origin };
  });
}

function plainRows({ values, origins }: Pick<Configuration, "values" | "origins">): readonly Row[] {
  return settingRows(plainSettings, { values, origins });
}

/** What delivers where, and the settings that are not as always. */
function ownRows(sink: SinkPlan): readonly Row[] {
  const target: Row = { key: sink.target, value: sink.value === "" ? "yes" : sink.value, origin: sink.origin };
  const own = settingRows(sinkSettings, sink).filter(({ origin }) => origin.from !== "default");
  return [target, ...own].map((row) => ({ ...row, key: `sinks.${sink.name}.${row.key}` }));
}

function settingRows(
  table: Readonly<Record<string, Setting<unknown>>>,
  { values, origins }: Resolved<Readonly<Record<string, Setting<unknown>>>>,
): readonly Row[] {
  return Object.entries(table).map(([key, { kind }]) => {
    const value = values[key];
    const origin = origins[key] ?? { from: "default", where: "default" };
    return { key, value: value === undefined ? null : kind.show(value), origin };
  });
}

function standards(): string {
  return Object.entries<Setting<unknown>>(sinkSettings)
    .flatMap(([key, { kind, standard }]) => (standard === undefined ? [] : [`${key} ${kind.show(standard)}`]))
    .join(", ");
}

/** The file is named once above the table, so a line of it is enough. */
function shortOrigin({ from, where }: Origin, file: string | null): string {
  switch (from) {
    case "default":
      return "default";
    case "variable":
      return `$${where}`;
    case "flag":
      return where;
    case "file":
      return where
        .replace(/: [^:]*$/, "")
        .replace(`${file}:`, "line ")
        .replace(file ?? "", "config file");
    default:
      return from satisfies never;
  }
}

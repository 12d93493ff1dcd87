/** docs/settings.md is made from the table of settings. Update it with `npx vitest run packages/cli/src/settings -u`. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { flagOf, secretFileKeyOf, type SecretSetting, type Setting, variableOf } from "./setting.ts";
import { sinkSecretSettings, sinkSettings, targets } from "./sink-table.ts";
import { plainSecretSettings, serviceSettings, stateSettings, streamSettings } from "./table.ts";

const document = fileURLToPath(new URL("../../../../docs/settings.md", import.meta.url));

test("docs/settings.md says what the table of settings says", async () => {
  await expect(reference()).toMatchFileSnapshot(document);
});

function reference(): string {
  return `# Settings

Made from the tables in \`packages/cli/src/settings/table.ts\` and \`sink-table.ts\`; a test keeps them together.

Every setting has one name. \`drainTimeout\` in the config file is \`--drain-timeout\` on the command line and
\`DIRSYNC_DRAIN_TIMEOUT\` in the environment. **Flags win over variables, variables over the file, the file over defaults**;
a variable that is set to nothing counts as not set. \`dirsync config\` shows what counts and where it comes from.

The config file is called \`dirsync.config\` with the ending \`ts\`, \`mts\`, \`js\`, \`mjs\`, \`json\`, \`yaml\` or \`yml\`. The nearest one counts, from
the working directory upwards, or the one that \`--config\` or \`DIRSYNC_CONFIG\` names; \`--no-config\` turns it off. One that is found and
not named must belong to whoever runs the command, or to root. Relative paths in it begin at its own folder. A time span has a unit:
\`500ms\`, \`5s\`, \`10m\`, \`2h\`, \`7d\`; and so has a size: \`512KiB\`, \`64MiB\`, \`2GiB\`.

\`\`\`yaml
# dirsync.config.yaml
apiKeyFile: /run/secrets/workos-key
poll: 2s
sinks:
  accounts:
    handlers: ./src/directory-handlers.ts
  audit:
    exec: ./bin/audit.sh
    attempts: 5
\`\`\`

\`\`\`ts
// dirsync.config.ts
import { defineConfig } from "@dirsync/cli";

const config = defineConfig({
  apiKeyFile: "/run/secrets/workos-key",
  sinks: { accounts: { handlers: "./src/directory-handlers.ts" } },
});

export default config;
\`\`\`

## Sinks

Each sink has a name (under which its mark is kept in the state file: renaming it makes it a new sink, which gets everything the
journal still has) and exactly one of these. On the command line each may be given several times; \`--exec audit=./audit.sh\` names the
sink, and without a name it is called after its kind. Sinks on the command line replace those of variables, and those replace the
file's.

${table(targets)}
## How a sink is driven

In the file, a sink may have its own; at the top of the file they are meant for every sink that does not.

${table(sinkSettings)}
## Source, state and process

${table({ ...serviceSettings, ...stateSettings, ...streamSettings })}
What is called \`insecure…\` is off unless it is asked for, and is named in the log at every start while it is on.

## Secrets

A secret is never a flag, where everybody on the machine could read it, and never in the config file, which is kept and shared.

${secretTable({ ...plainSecretSettings, ...sinkSecretSettings })}`;
}

function table(settings: Readonly<Record<string, Setting<unknown>>>): string {
  const rows = Object.entries(settings).map(([key, { kind, purpose, standard, standardText }]) => {
    const shown = standardText ?? (standard === undefined ? "" : `\`${kind.show(standard)}\``);
    return [`\`${key}\``, `\`${flagOf(key)}\`, \`${variableOf(key)}\``, purpose, shown];
  });
  return formatTable([["in the file", "flag, variable", "what it decides", "default"], ...rows]);
}

function secretTable(settings: Readonly<Record<string, SecretSetting>>): string {
  const rows = Object.entries(settings).map(([name, { purpose, variables }]) => {
    const key = secretFileKeyOf(name);
    const all = variables.flatMap((variable) => [`\`${variable}\``, `\`${variable}_FILE\``]);
    return [purpose, all.join(", "), `\`${flagOf(key)}\`, \`${key}\``];
  });
  return formatTable([
    ["secret", "variable, or a variable that names a file", "flag and key that name a file"],
    ...rows,
  ]);
}

/** Columns as wide as their widest cell, as the formatter wants them. */
function formatTable([heading = [], ...rows]: readonly (readonly string[])[]): string {
  const escaped = [heading, ...rows].map((cells) => cells.map((cell) => cell.replaceAll("|", String.raw`\|`)));
  const widths = heading.map((_, column) => Math.max(...escaped.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |\n`;
  const [first = [], ...others] = escaped;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...others.map(line)].join("");
}

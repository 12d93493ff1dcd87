/**
 * What other people may import is a promise. These lists show it: a change of the public surface is a change of a file under
 * `test/surface`, and stands in the same commit. Update with `npx vitest run test/surface.test.ts -u`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface EntryPoint {
  /** What a user writes behind `from`. */
  readonly name: string;
  /** The source file behind it. */
  readonly file: string;
}

const entries = entryPoints();
const program = ts.createProgram(
  entries.map(({ file }) => file),
  {
    module: ts.ModuleKind.NodeNext,
    customConditions: ["@dirsync/source"],
    allowImportingTsExtensions: true,
    noEmit: true,
  },
);

test("every package with an exports map is looked at", () => {
  expect(entries.map(({ name }) => name)).toEqual([
    "@dirsync/cli",
    "@dirsync/consumer",
    "@dirsync/consumer/host",
    "@dirsync/idp",
    "@dirsync/sdk",
    "@dirsync/sdk/opentelemetry",
    "@dirsync/sdk/schemas",
    "@dirsync/sdk/self-hosted",
    "@dirsync/sdk/webhooks",
    "@dirsync/sdk/webhooks/explain",
    "@dirsync/sdk/webhooks/signing",
    "@dirsync/server",
    "@dirsync/server/testing",
  ]);
});

test.each(entries)("$name exports what its list says, and nothing else", async ({ name, file }) => {
  const list = name.replace("@dirsync/", "").replaceAll("/", "-");
  await expect(`${surface(file).join("\n")}\n`).toMatchFileSnapshot(`surface/${list}.txt`);
});

/** Each public name with its kind, sorted. */
function surface(file: string): readonly string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} is not a module`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => {
      const target = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
      return `${symbol.name} ${kindOf(target)}`;
    })
    .sort();
}

function kindOf({ flags }: ts.Symbol): string {
  const kinds: readonly (readonly [flag: ts.SymbolFlags, kind: string])[] = [
    [ts.SymbolFlags.Class, "class"],
    [ts.SymbolFlags.Function, "function"],
    [ts.SymbolFlags.Variable, "const"],
    [ts.SymbolFlags.Interface, "interface"],
    [ts.SymbolFlags.TypeAlias, "type"],
  ];
  return kinds
    .filter(([flag]) => (flags & flag) !== 0)
    .map(([, kind]) => kind)
    .join(" and ");
}

function entryPoints(): readonly EntryPoint[] {
  return readdirSync(join(root, "packages"))
    .filter((folder) => existsSync(join(root, "packages", folder, "package.json")))
    .sort()
    .flatMap((folder) => {
      const text = readFileSync(join(root, "packages", folder, "package.json"), "utf8");
      const { name, exports = {} } = JSON.parse(text) as {
        name: string;
        exports?: Record<string, Conditions | string>;
      };
      return Object.entries(exports).flatMap(([path, conditions]) => {
        const source = typeof conditions === "string" ? undefined : conditions["@dirsync/source"];
        return source === undefined
          ? []
          : [{ name: name + path.slice(1), file: join(root, "packages", folder, source) }];
      });
    });
}

type Conditions = Readonly<Record<"@dirsync/source", string | undefined>>;

import ts from "typescript";
import { describe, expect, test } from "vitest";
import { declare, type Findings } from "./declare.ts";
import { noShape, takeIn } from "./shape.ts";

function findings(users: readonly object[], rest: Partial<Findings> = {}): Findings {
  const attributes = noShape();
  for (const user of users) takeIn(attributes, user);
  return { attributes, literals: new Map(), roles: new Set(), groups: new Set(), ...rest };
}

const declarationOf = (users: readonly object[], rest: Partial<Findings> = {}): string =>
  declare(findings(users, rest), "dirsync types");

function fieldsOf(users: readonly object[], rest: Partial<Findings> = {}): string {
  return /DirectoryAttributes \{\n([\s\S]*?)\n\}/.exec(declarationOf(users, rest))?.[1] ?? "";
}

describe("an attribute", () => {
  test.each<[string, readonly object[], string]>([
    ["text", [{ a: "x" }, { a: "y" }], "  readonly a: string | null;"],
    ["not there for everybody", [{ a: "x" }, {}], "  readonly a?: string | null;"],
    ["null for some", [{ a: null }, { a: 1 }], "  readonly a: number | null;"],
    ["null for all", [{ a: null }], "  readonly a: unknown;"],
    ["of two kinds", [{ a: "x" }, { a: true }], "  readonly a: boolean | string | null;"],
    ["a list", [{ a: ["x"] }], "  readonly a: readonly string[] | null;"],
    ["a list with holes", [{ a: ["x", null] }], "  readonly a: readonly (string | null)[] | null;"],
    ["a list that nobody has anything in", [{ a: [] }], "  readonly a: readonly unknown[] | null;"],
    ["an empty object", [{ a: {} }], "  readonly a: object | null;"],
    [
      "a list of objects",
      [{ a: [{ type: "work", n: 1 }, { type: "home" }] }],
      "  readonly a: readonly ({\n    readonly n?: number | null;\n    readonly type: string | null;\n  })[] | null;",
    ],
    ["no identifier", [{ "cost center": "x" }], '  readonly "cost center": string | null;'],
    [
      "called as what every object has",
      [JSON.parse('{"__proto__":"x"}') as object],
      "  readonly __proto__: string | null;",
    ],
  ])("%s", (_name, users, declaration) => {
    expect(fieldsOf(users)).toBe(declaration);
  });

  test("that is deeper or wider than any structure is unknown", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`) as object;
    expect(fieldsOf([deep])).toContain("unknown");
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`k${index}`, 1]));
    expect(fieldsOf([{ a: wide }])).toBe("  readonly a: unknown;");
  });

  test("whose values are asked for is those", () => {
    const literals = new Map([["a", new Set(["z", 'say "hi"'])]]);
    expect(fieldsOf([{ a: "z" }], { literals })).toBe(String.raw`  readonly a: "say \"hi\"" | "z" | null;`);
  });
});

test("the same findings, in any order and number, are the same text", () => {
  const users = [{ b: 1, a: ["x"] }, { a: [null] }, { c: { y: 1, x: "" }, a: [] }];
  const rest = { roles: new Set(["b", "a"]), groups: new Set(["Ä", "a", "B"]) };
  const again = { roles: new Set(["a", "b"]), groups: new Set(["B", "Ä", "a"]) };
  const reversed = [...users, ...users].reverse();
  expect(declarationOf(reversed, again)).toBe(declarationOf(users, rest));
});

test("nobody and nothing is a declaration, too", () => {
  const text = declarationOf([]);
  expect(text).toContain("export type DirectoryAttributes = object;");
  expect(text).toContain("export type DirectoryRole = never;");
  expect(problemsIn(text)).toEqual([]);
});

test("whatever people have put into names and attributes, it is TypeScript and says no more than that", () => {
  const evil = ["*/ process.exit(1) /*", "`${1}`", "\u2028\u2029\n\r", "\\", '"; import("x"); "', "\uD800"];
  const text = declare(
    findings([Object.fromEntries(evil.map((name) => [name, name]))], {
      roles: new Set(evil),
      groups: new Set(evil),
      literals: new Map([["`${1}`", new Set(evil)]]),
    }),
    "dirsync types --directory '*/ process.exit(1)'",
  );
  expect(problemsIn(text)).toEqual([]);
  const source = ts.createSourceFile("x.d.ts", text, ts.ScriptTarget.ES2022);
  expect(source.statements.map(({ kind }) => ts.SyntaxKind[kind])).toEqual([
    "InterfaceDeclaration",
    "TypeAliasDeclaration",
    "TypeAliasDeclaration",
  ]);
});

function problemsIn(text: string): readonly string[] {
  const { diagnostics = [] } = ts.transpileModule(text, { reportDiagnostics: true });
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

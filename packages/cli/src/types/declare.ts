import type { Shape } from "./shape.ts";

/** What was found in directories. */
export interface Findings {
  /** Of the objects that hold custom attributes. */
  readonly attributes: Shape;
  /** Attributes whose values become a type of their own, with the values. */
  readonly literals: ReadonlyMap<string, ReadonlySet<string>>;
  readonly roles: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

/**
 * The declarations, as TypeScript. The same findings give the same text, and neither the order in which they were made
 * nor their number shows in it, so that a text that differs means a directory that does.
 * @param command How to make it again.
 */
export function declare({ attributes, literals, roles, groups }: Findings, command: string): string {
  const fields = fieldsOf(attributes, { indent: "  ", literals });
  return [
    "/**",
    " * What users have in the directories this was made from. Do not edit it; make it again:",
    " *",
    ` *     ${commented(command)}`,
    " *",
    " * Any attribute may be null, and one with a question mark was not there for everybody.",
    " */",
    "",
    "/** Custom attributes, for `DirectoryUser<DirectoryAttributes>` and `users.list<DirectoryAttributes>(…)`. */",
    fields === "" ? "export type DirectoryAttributes = object;" : `export interface DirectoryAttributes {\n${fields}}`,
    "",
    "/** Slugs of roles. */",
    `export type DirectoryRole =${union(roles)};`,
    "",
    "/** Names of groups. Whoever runs the directory may rename one: tell groups apart by their ids. */",
    `export type DirectoryGroupName =${union(groups)};`,
    "",
  ].join("\n");
}

interface Style {
  readonly indent: string;
  readonly literals?: Findings["literals"];
}

function fieldsOf(shape: Shape, { indent, literals }: Style): string {
  const fields = [...(shape.fields ?? [])].sort(([one], [other]) => compare(one, other));
  return fields
    .map(([name, field]) => {
      const optional = field.count < shape.objects ? "?" : "";
      const values = literals?.get(name);
      const type = values === undefined ? typeOf(field, indent) : inline(values);
      return `${indent}readonly ${keyOf(name)}${optional}: ${type === "unknown" ? type : `${type} | null`};\n`;
    })
    .join("");
}

/** What it may be besides null; `unknown` where nothing else was seen. */
function typeOf(shape: Shape, indent: string): string {
  if (shape.isUnknown) return "unknown";
  const parts: string[] = [...shape.primitives].filter((primitive) => primitive !== "null").sort(compare);
  if (shape.elements !== null) parts.push(arrayOf(shape.elements, indent));
  if (shape.fields !== null) {
    const inner = fieldsOf(shape, { indent: `${indent}  ` });
    parts.push(inner === "" ? "object" : `{\n${inner}${indent}}`);
  }
  return parts.length === 0 ? "unknown" : parts.join(" | ");
}

function arrayOf(elements: Shape, indent: string): string {
  const type = typeOf(elements, indent);
  const whole = type !== "unknown" && elements.primitives.has("null") ? `${type} | null` : type;
  return `readonly ${/^\w+$/.test(whole) ? whole : `(${whole})`}[]`;
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** One a line, so that a change shows as one. `never` where there is none: nothing may be compared with what is not there. */
function union(values: ReadonlySet<string>): string {
  if (values.size === 0) return " never";
  return sorted(values)
    .map((value) => `\n  | ${value}`)
    .join("");
}

function inline(values: ReadonlySet<string>): string {
  return values.size === 0 ? "unknown" : sorted(values).join(" | ");
}

function sorted(values: ReadonlySet<string>): readonly string[] {
  return [...values].sort(compare).map((value) => JSON.stringify(value));
}

/** By code units, so that no locale changes the text. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** A command line holds what somebody typed; it must not end the comment. */
function commented(text: string): string {
  return text.replaceAll("*/", "*\\/");
}

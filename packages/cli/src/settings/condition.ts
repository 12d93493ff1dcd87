/**
 * Conditions on an event: `data.state=active and data.role.slug!=admin`. A small language of its own, because code in a
 * config file could fail in the middle of a delivery, and these are checked before anything is read.
 */
import { strangePath } from "./event-fields.ts";
import type { Kind, Reading } from "./kinds.ts";

/** How a condition compares. With `~` and `!~` a `*` in the value stands for any text. */
export type Operator = "=" | "!=" | "~" | "!~";

/** One comparison. */
export interface Condition {
  /** Keys from the event down: `["data", "state"]`. */
  readonly path: readonly string[];
  readonly operator: Operator;
  /** Compared with the field as text: `active`, `true`, `42`, `null`. */
  readonly value: string;
}

const example = "data.state=active";

/** Conditions that must all hold, joined by `and`. A value with spaces stands in double quotes. */
export const conditions: Kind<readonly Condition[], string | readonly string[]> = {
  placeholder: "conditions",
  isRepeatable: true,
  typeInFile: "string | readonly string[]",
  read: (given) => {
    const found: Condition[] = [];
    for (const text of Array.isArray(given) ? (given as readonly unknown[]) : [given]) {
      const reading = parse(text);
      if ("mistake" in reading) return reading;
      found.push(...reading.value);
    }
    return { value: found };
  },
  show: (value) => value.map(showCondition).join(" and "),
};

const conditionPattern = /([A-Za-z_][\w-]*(?:\.[\w-]+)*)\s*(!=|!~|=|~)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/y;
const andPattern = /\s+and\s+/y;

function parse(text: unknown): Reading<readonly Condition[]> {
  if (typeof text !== "string" || text.trim() === "") return { mistake: `is no condition such as ${example}` };
  const found: Condition[] = [];
  const all = text.trim();
  for (let index = 0; ;) {
    conditionPattern.lastIndex = index;
    const [, path, operator, quoted, bare] = conditionPattern.exec(all) ?? [];
    if (path === undefined) return mistakeAt(all, index);
    const value = quoted === undefined ? (bare ?? "") : quoted.replaceAll(/\\(.)/gsu, "$1");
    const strange = strangePath(path.split("."));
    if (strange !== null) return { mistake: strange };
    found.push({ path: path.split("."), operator: operator as Operator, value });
    index = conditionPattern.lastIndex;
    if (index === all.length) return { value: found };
    andPattern.lastIndex = index;
    if (!andPattern.test(all)) return mistakeAt(all, index);
    index = andPattern.lastIndex;
  }
}

function mistakeAt(text: string, index: number): Reading<never> {
  const rest = text.slice(index).trim();
  const where = rest === "" ? "at its end" : `at «${rest.slice(0, 40)}»`;
  return { mistake: `cannot be understood ${where}: conditions look like ${example} and are joined by « and »` };
}

function showCondition({ path, operator, value }: Condition): string {
  const isPlain = /^[^\s"\\]+$/.test(value);
  return `${path.join(".")}${operator}${isPlain ? value : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`}`;
}

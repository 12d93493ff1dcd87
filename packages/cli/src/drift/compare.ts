import type { Row } from "../export/kinds.ts";
import type { AppRows } from "./app-rows.ts";
import { fieldCalled, isAttribute, keyOf, saySame, textOfCell } from "./fields.ts";
import { createRoster, type Roster } from "./roster.ts";

/** One field in which the two sides disagree. */
export interface FieldDifference {
  readonly field: string;
  /** Absent where values are not to be shown. */
  readonly directory?: string | null;
  readonly app?: string | null;
}

/**
 * `missing`: the app does not have them. `extra`: no directory has them. `different`: some fields disagree. `ambiguous`:
 * several people of the directories have the key. `duplicate`: several rows of the app have it.
 */
export type Drift =
  | { readonly kind: "missing" | "extra" | "ambiguous" | "duplicate"; readonly key: string }
  | { readonly kind: "different"; readonly key: string; readonly fields: readonly FieldDifference[] };

/** How much of each there is. */
export type DriftCounts = Readonly<Record<Drift["kind"], number>> & {
  /** People of the directories, and rows of the app, that were compared. */
  readonly people: number;
  readonly rows: number;
  /** Those of either side that have no key and so cannot be found on the other. */
  readonly without_key: number;
  /** Columns that are no field and that nobody has as an attribute either. Where there are any, nothing was compared. */
  readonly unknown_columns: readonly string[];
};

/** What is compared. */
export interface Comparison {
  readonly people: AsyncIterable<Row>;
  readonly app: AppRows;
  /** The column that says who a row is about. */
  readonly key: string;
  readonly onDrift: (drift: Drift) => void;
}

/** Compares people with the rows of an app. Tells of each drift as it is found, and holds none of it. */
export async function compareWithApp({ people, app, key, onDrift }: Comparison): Promise<DriftCounts> {
  const counts = { missing: 0, extra: 0, different: 0, ambiguous: 0, duplicate: 0, people: 0, rows: 0, without_key: 0 };
  const tell = (drift: Drift): void => {
    counts[drift.kind] += 1;
    onDrift(drift);
  };
  const roster = createRoster();
  try {
    const unknown = await enrol({ people, columns: app.columns, key, counts }, roster);
    if (unknown.length > 0) return { ...counts, unknown_columns: unknown };
    const keyAt = app.columns.indexOf(key);
    for await (const row of app.rows()) {
      const cells = row.map(textOfCell);
      const found = keyOf(key, cells[keyAt] ?? null);
      if (found === null) counts.without_key += 1;
      else {
        counts.rows += 1;
        const drift = judge({ key: found, cells, columns: app.columns }, roster);
        if (drift !== null) tell(drift);
      }
    }
    for (const missing of roster.unasked()) tell({ kind: "missing", key: missing });
    return { ...counts, unknown_columns: [] };
  } finally {
    roster.close();
  }
}

interface Enrolment {
  readonly people: AsyncIterable<Row>;
  readonly columns: readonly string[];
  readonly key: string;
  readonly counts: { people: number; without_key: number };
}

/** Puts everybody on the roster; gives the columns that mean nothing for any of them. */
async function enrol({ people, columns, key, counts }: Enrolment, roster: Roster): Promise<readonly string[]> {
  const readers = columns.map(fieldCalled);
  const readKey = fieldCalled(key);
  const unknown = new Set(columns.filter(isAttribute));
  let isAnybody = false;
  for await (const person of people) {
    isAnybody = true;
    for (const name of unknown) if (has(person["custom_attributes"], name)) unknown.delete(name);
    const own = keyOf(key, readKey(person));
    if (own === null) counts.without_key += 1;
    else {
      counts.people += 1;
      roster.add(
        own,
        readers.map((read) => read(person)),
      );
    }
  }
  // Where there is nobody, nothing is known of their attributes either.
  return isAnybody ? [...unknown] : [];
}

function has(attributes: unknown, name: string): boolean {
  return typeof attributes === "object" && attributes !== null && Object.hasOwn(attributes, name);
}

interface AppRow {
  readonly key: string;
  readonly cells: readonly (string | null)[];
  readonly columns: readonly string[];
}

function judge({ key, cells, columns }: AppRow, roster: Roster): Drift | null {
  const enrolled = roster.ask(key);
  if (enrolled === null) return { kind: "extra", key };
  const { fields, namesakes, asked } = enrolled;
  // Told of once each, however many rows there are.
  if (asked === 2) return { kind: "duplicate", key };
  if (asked > 2) return null;
  if (namesakes > 1) return { kind: "ambiguous", key };
  const different = columns.flatMap((field, index): FieldDifference[] => {
    const [directory, app] = [fields[index] ?? null, cells[index] ?? null];
    return saySame(field, directory, app) ? [] : [{ field, directory, app }];
  });
  return different.length === 0 ? null : { kind: "different", key, fields: different };
}

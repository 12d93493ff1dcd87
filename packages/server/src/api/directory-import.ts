import { Hono } from "hono";
import * as z from "zod";
import { importPeople, ImportBraked } from "../directory/import.ts";
import type { ImportResult } from "../directory/import.ts";
import { ImportRefused } from "../directory/import-people.ts";
import type { ImportedPerson } from "../directory/import-people.ts";
import type { RefusedPerson } from "../directory/import-twins.ts";
import { readPackedJson } from "../http/packed-body.ts";
import { HttpProblem, notFound, validationFailed } from "../http/problem.ts";
import type { RefusedField } from "../http/problem.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import { profileOf } from "../profiles/index.ts";
import { ScimError } from "../scim/error.ts";
import { parsePatch } from "../scim/patch/patch.ts";
import { parseUser } from "../scim/resource.ts";
import { settingsOf } from "../scim/settings.ts";
import type { DirectoryRow } from "../store/tables.ts";
import { nextTurn } from "../turns.ts";
import { parseBody } from "./bodies.ts";

// A company's whole file in one request: 100,000 people of 300 bytes each fit.
const bytesMax = 32 * 1024 * 1024;
const peopleMax = 100_000;
const groupsMax = 10_000;
// More events than these are only counted: nobody reads them, and a program reads the log.
const eventsShownMax = 1_000;
const refusedShownMax = 100;

const groupText = z.string().trim().min(1).max(512);

/** Body of `POST /directories/:id/import`. */
export const importDraft = z.strictObject({
  mode: z.enum(["plan", "apply"]),
  missing: z.enum(["deactivate", "keep"]).default("deactivate"),
  allow_removals: z.boolean().default(false),
  people: z
    .array(
      z.strictObject({
        user: z.record(z.string(), z.unknown()),
        groups: z.array(groupText).max(1_000).nullable().default(null),
      }),
    )
    .min(1)
    .max(peopleMax),
  groups: z
    .array(z.strictObject({ id: groupText, name: groupText }))
    .max(groupsMax)
    .nullable()
    .default(null),
});

/**
 * `POST /directories/:id/import`, which is ours: brings a directory to what a file of people says, or tells what that would
 * do. A person is a SCIM user, as a provider might send it.
 */
export function directoryImportRoutes(services: Services): Hono<{ Variables: RequestVariables }> {
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.post("/:id/import", async (context) => {
    const id = context.req.param("id");
    const directory = await services.store.read((data) => data.directories.find(id));
    if (directory === undefined) throw notFound("Directory", id);
    const body = parseBody(importDraft, await readPackedJson(context.req.raw, bytesMax));
    refuseUnknownGroups(body);
    const people = await readPeople(directory, body.people);
    if (body.mode === "plan") services.changesNothing?.();
    const result = await importPeople(services, directory.seq, {
      people,
      groups: body.groups,
      isApplied: body.mode === "apply",
      missing: body.missing,
      allowsRemovals: body.allow_removals,
    }).catch((error: unknown) => {
      throw problemOf(error);
    });
    return context.json(shown(result, body.mode));
  });
  return app;
}

/** Of groups with ids, each has one of its own, and nobody is in one that is not among them. */
function refuseUnknownGroups({ people, groups }: z.infer<typeof importDraft>): void {
  if (groups === null) return;
  const ids = new Set<string>();
  const twins: RefusedField[] = [];
  for (const [index, { id }] of groups.entries()) {
    if (ids.has(id))
      twins.push({ code: "duplicate_group", field: `groups.${String(index)}`, message: "Its id is another's." });
    ids.add(id);
  }
  if (twins.length > 0) throw validationFailed(twins.slice(0, refusedShownMax));
  const refused = people.flatMap(({ groups: named }, index): RefusedPerson[] => {
    const unknown = named?.find((id) => !ids.has(id));
    return unknown === undefined ? [] : [{ index, message: `There is no group with the id '${unknown}' in groups.` }];
  });
  if (refused.length > 0) throw problemOf(new ImportRefused(refused));
}

// Some milliseconds of work.
const peoplePerTurn = 500;

async function readPeople(
  directory: DirectoryRow,
  people: readonly { readonly user: Readonly<Record<string, unknown>>; readonly groups: readonly string[] | null }[],
): Promise<ImportedPerson[]> {
  const profile = profileOf(directory.type);
  const settings = settingsOf(directory);
  const refused: RefusedPerson[] = [];
  const read: ImportedPerson[] = [];
  for (const [index, { user, groups }] of people.entries()) {
    if (index % peoplePerTurn === 0) await nextTurn();
    try {
      const given = Object.entries(user);
      // Null means that there is none. It is no attribute, so that a strict directory has nothing to refuse.
      const body = Object.fromEntries(given.filter(([, value]) => value !== null));
      const absent = given.filter(([, value]) => value === null).map(([path]) => ({ op: "remove", path }));
      const cleared = absent.length === 0 ? [] : parsePatch(settings.types.User, { Operations: absent }, profile);
      read.push({ resource: parseUser(body, profile, settings), cleared, groups });
    } catch (error) {
      if (!(error instanceof ScimError)) throw error;
      refused.push({ index, message: error.message });
    }
  }
  if (refused.length > 0) throw problemOf(new ImportRefused(refused));
  return read;
}

function problemOf(error: unknown): unknown {
  if (error instanceof ImportRefused) {
    const errors = error.people.slice(0, refusedShownMax).map(({ index, message }) => {
      return { code: "invalid_person", field: `people.${String(index)}`, message };
    });
    return new HttpProblem(422, { code: error.code, message: error.message, errors });
  }
  if (error instanceof ImportBraked) {
    const { code, message, removals, active } = error;
    return new HttpProblem(409, { code, message, removals, active });
  }
  return error;
}

function shown({ activeBefore, isBraked, events, ...counts }: ImportResult, mode: "plan" | "apply"): object {
  return {
    object: "directory_import",
    mode,
    ...counts,
    active_before: activeBefore,
    braked: isBraked,
    events_total: events.length,
    events: events.slice(0, eventsShownMax),
  };
}

import { bag, flag, list, nullable, number, object, text, type Check } from "../contract/check.ts";

/** Somebody of a file, as a provider might send them. */
export interface ImportedPerson {
  /** A SCIM user: `userName`, `emails`, `name`, `active` and so on; `name.givenName` may stand for the part of an object. */
  readonly user: Readonly<Record<string, unknown>>;
  /** Names of their groups, or ids of `groups` where that is given. Default null: the file does not speak of groups. */
  readonly groups?: readonly string[] | null | undefined;
}

/** A group that is known by an id, also when its name changes. */
export interface ImportedGroup {
  readonly id: string;
  readonly name: string;
}

/** People to bring a directory to. */
export interface DirectoryImportDraft {
  /** `plan` tells what `apply` would do, and keeps nothing. */
  readonly mode: "plan" | "apply";
  /** What becomes of active people who are not among these. Default `deactivate`. */
  readonly missing?: "deactivate" | "keep" | undefined;
  /** True lets more people be deactivated than the brake lets pass: 50, or a tenth of those who are active. Default false. */
  readonly allow_removals?: boolean | undefined;
  readonly people: readonly ImportedPerson[];
  /** Every group that there is, with its id. Default null: people name their groups, and a group is its name. */
  readonly groups?: readonly ImportedGroup[] | null | undefined;
}

/** What an import did, or would do. */
export interface DirectoryImport {
  readonly mode: string;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** People who are deactivated. */
  readonly removals: number;
  readonly active_before: number;
  /** True when `apply` needs `allow_removals`. */
  readonly braked: boolean;
  readonly events_total: number;
  /** The first 1,000 events, in the order of the log. */
  readonly events: readonly DirectoryImportEvent[];
  readonly [field: string]: unknown;
}

/** One event of an import. */
export interface DirectoryImportEvent {
  readonly event: string;
  /** E-mail address of the person it is about. */
  readonly user: string | null;
  /** Name of the group it is about. */
  readonly group: string | null;
  readonly previous_attributes: Readonly<Record<string, unknown>> | null;
  readonly [field: string]: unknown;
}

/** Checks the answer to POST /directories/{id}/import. */
export const directoryImportCheck: Check<DirectoryImport> = object({
  mode: text,
  created: number,
  updated: number,
  unchanged: number,
  removals: number,
  active_before: number,
  braked: flag,
  events_total: number,
  events: list(
    object<DirectoryImportEvent>({
      event: text,
      user: nullable(text),
      group: nullable(text),
      previous_attributes: nullable(bag),
    }),
  ),
});

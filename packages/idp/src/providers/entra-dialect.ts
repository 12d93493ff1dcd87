/**
 * Entra ID's two ways to write a PATCH.
 *
 * A tenant sends the first unless its admin put the flag `aadOptscim062020` behind the SCIM address (Microsoft, "Known
 * issues with SCIM 2.0 protocol compliance", learn.microsoft.com, page of 2025-04; the combined form as observed).
 */
import type { AttributeChange } from "./entra-user.ts";

/** One entry of a PATCH request's `Operations`. */
export interface PatchOperation {
  readonly op: string;
  readonly path?: string;
  readonly value?: unknown;
}

/** How one flavour of Entra ID writes each kind of change. */
export interface PatchDialect {
  /** Whether a create carries `manager: ""`. Both are seen. */
  readonly emptyManager: boolean;
  active(isActive: boolean): readonly PatchOperation[];
  attributes(changes: readonly AttributeChange[]): readonly PatchOperation[];
  addMembers(remoteIds: readonly string[]): readonly PatchOperation[];
  removeMembers(remoteIds: readonly string[]): readonly PatchOperation[];
  groupName(name: string): readonly PatchOperation[];
}

/** The default: capitalised operations, one per attribute, booleans as text, members removed by a value list. */
export const defaultDialect: PatchDialect = {
  emptyManager: true,
  active: (isActive) => [{ op: "Replace", path: "active", value: isActive ? "True" : "False" }],
  attributes: (changes) =>
    changes.map(({ path, isNew, value }) =>
      value === undefined ? { op: "Remove", path } : { op: isNew ? "Add" : "Replace", path, value },
    ),
  addMembers: (remoteIds) => remoteIds.map((id) => ({ op: "Add", path: "members", value: [memberReference(id)] })),
  removeMembers: (remoteIds) => [{ op: "Remove", path: "members", value: remoteIds.map(memberReference) }],
  groupName: (name) => [{ op: "Replace", path: "displayName", value: name }],
};

/** With `aadOptscim062020`: lower case, real booleans, several replacements in one object whose keys are paths. */
export const compliantDialect: PatchDialect = {
  emptyManager: false,
  active: (isActive) => [{ op: "replace", path: "active", value: isActive }],
  attributes: compliantAttributes,
  addMembers: (remoteIds) => remoteIds.map((id) => ({ op: "add", path: "members", value: [memberReference(id)] })),
  removeMembers: (remoteIds) =>
    remoteIds.map((id) => ({ op: "remove", path: `members[value eq ${JSON.stringify(id)}]` })),
  groupName: (name) => [{ op: "replace", path: "displayName", value: name }],
};

function compliantAttributes(changes: readonly AttributeChange[]): readonly PatchOperation[] {
  const operations: PatchOperation[] = [];
  const replaced: Record<string, string> = {};
  for (const { path, isNew, value } of changes) {
    if (value === undefined) {
      operations.push({ op: "remove", path });
    } else if (isNew) {
      operations.push({ op: "add", path, value });
    } else {
      replaced[path] = value;
    }
  }
  const paths = Object.keys(replaced);
  const [only] = paths;
  if (paths.length === 1 && only !== undefined) {
    operations.unshift({ op: "replace", path: only, value: replaced[only] });
  } else if (paths.length > 1) {
    operations.unshift({ op: "replace", value: replaced });
  }
  return operations;
}

function memberReference(remoteId: string): { $ref: null; value: string } {
  return { $ref: null, value: remoteId };
}

import type { ScimResource } from "../model.ts";
import { applyPatch } from "./patch.ts";
import type { PatchOperation } from "./patch.ts";
import type { ScimSettings } from "../settings.ts";
import { assertUsableEmail, hasUsableEmail } from "../usable-email.ts";

/**
 * The user after the steps of a PATCH, in order.
 *
 * @throws scim_error as `applyPatch`; 400 noTarget when a filter meets nothing, where the directory creates nothing for one; 400
 * invalidValue when the last usable e-mail of somebody who stays active would go, where the directory asks for one
 */
export function patchUser(
  { types, policy }: ScimSettings,
  current: ScimResource,
  operations: readonly PatchOperation[],
): ScimResource {
  const steps = policy.unmatched_filters === "refuse" ? operations.map(creatingNothing) : operations;
  const resource = applyPatch(types.User, current, steps);
  // Whoever is switched off needs no address, and must not stay switched on for the lack of one.
  const needsAddress = policy.missing_emails === "refuse" && resource["active"] !== false;
  if (needsAddress && hasUsableEmail(current)) assertUsableEmail(resource);
  return resource;
}

function creatingNothing(operation: PatchOperation): PatchOperation {
  if (operation.kind !== "attribute" || operation.selector === null) return operation;
  return { ...operation, selector: { ...operation.selector, createsNothing: true } };
}

import { isObject, ownKey, ownValue, type JsonObject } from "../scim/json.ts";
import { enterpriseUserUrn } from "../scim/schema/schemas.ts";
import { hasPath, type Rewrite } from "./rewrite.ts";

/**
 * The id of a manager under the name it had before RFC 7643: `manager.managerId` of SCIM 1.1 is `manager.value` since. OneLogin's
 * templates with legacy URNs still write it (idps.md section 3).
 */
export const superiors: Rewrite = {
  resource: (_type, body) => withManager(body),
  operation(_type, operation) {
    const { value } = operation;
    if (!hasPath(operation)) return [isObject(value) ? { ...operation, value: withManager(value) } : operation];
    const path = currentName(operation.path.trim());
    switch (path.toLowerCase()) {
      case enterpriseFolded:
        return [isObject(value) ? { ...operation, path, value: withCurrentId(value) } : operation];
      case `${enterpriseFolded}:manager`:
      case `${enterpriseFolded}.manager`:
        return [isObject(value) ? { ...operation, path, value: withValue(value) } : operation];
      default:
        return [path === operation.path ? operation : { ...operation, path }];
    }
  },
  name: currentName,
};

const enterpriseFolded = enterpriseUserUrn.toLowerCase();
const nameBefore = /[:.]manager\.managerid$/iu;

function currentName(name: string): string {
  const start = name.slice(0, enterpriseFolded.length);
  const isEnterprise = start.toLowerCase() === enterpriseFolded && nameBefore.test(name.slice(start.length));
  return isEnterprise ? `${start}:manager.value` : name;
}

/** A user, with the manager in the enterprise extension. */
function withManager(body: JsonObject): JsonObject {
  const key = ownKey(body, enterpriseUserUrn);
  const extension = key === undefined ? undefined : body[key];
  if (key === undefined || !isObject(extension)) return body;
  const current = withCurrentId(extension);
  return current === extension ? body : { ...body, [key]: current };
}

/** An enterprise extension. */
function withCurrentId(extension: JsonObject): JsonObject {
  const key = ownKey(extension, "manager");
  const manager = key === undefined ? undefined : extension[key];
  if (key === undefined || !isObject(manager)) return extension;
  const current = withValue(manager);
  return current === manager ? extension : { ...extension, [key]: current };
}

/** A manager. One who is named by both names is the one by the current name. */
function withValue(manager: JsonObject): JsonObject {
  const key = ownKey(manager, "managerId");
  if (key === undefined) return manager;
  const { [key]: managerId, ...others } = manager;
  return ownValue(others, "value") === undefined ? { ...others, value: managerId } : others;
}

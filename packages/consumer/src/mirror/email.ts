type Data = Readonly<Record<string, unknown>>;

/**
 * The address a user is found by: `email`; where the service gives none, the primary one of `emails`, or else the first
 * of type `work`, or of type `home` (what WorkOS requires of SCIM resources has that order). Null without one.
 */
export function emailOf(user: Data): string | null {
  const { email } = user;
  if (typeof email === "string" && email !== "") return email;
  return primaryOf(user["emails"]) ?? primaryOf(attributesOf(user)["emails"]);
}

function primaryOf(emails: unknown): string | null {
  if (!Array.isArray(emails)) return null;
  const usable = (emails as readonly unknown[]).filter((each): each is Data & { readonly value: string } => {
    return isObject(each) && typeof each["value"] === "string" && each["value"].trim() !== "";
  });
  const found =
    usable.find(({ primary }) => primary === true) ??
    usable.find(({ type }) => type === "work") ??
    usable.find(({ type }) => type === "home");
  return found?.value ?? null;
}

function attributesOf(user: Data): Data {
  const attributes = user["custom_attributes"];
  return isObject(attributes) ? attributes : {};
}

function isObject(value: unknown): value is Data {
  return typeof value === "object" && value !== null;
}

import { ConfigError } from "../errors.ts";

/**
 * A time or a limit that is one: infinity, NaN or less than 0 would switch a check off.
 * @throws ConfigError.
 */
export function checkWhole(value: number, where: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new ConfigError(`${where} must be a whole number, 0 or more.`, { where });
}

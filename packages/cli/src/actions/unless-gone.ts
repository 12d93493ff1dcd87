import { isDirsyncError } from "@dirsync/sdk";

/**
 * Waits for a decision about one of many dead letters. Resolves to false where that letter is gone: somebody else has decided about
 * it since it was looked up, which must not keep the others from being decided about.
 */
export async function unlessGone(decision: Promise<unknown>): Promise<boolean> {
  try {
    await decision;
    return true;
  } catch (error) {
    if (isDirsyncError(error) && error.code === "missing") return false;
    throw error;
  }
}

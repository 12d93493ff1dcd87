import { StateError } from "@dirsync/sdk";

/** The error for a file that is not what it should be. Nothing in this project tries to repair one. */
export function corrupt(path: string, cause: unknown): StateError {
  return new StateError(
    `${path} is damaged and was left untouched. Restore a backup, or move it away and start again with --from an ISO time before the damage.`,
    { code: "corrupt", cause },
  );
}

/** Without a header that SQLite knows, nobody can tell a damaged file from one that was never ours. */
function unrecognizable(path: string, cause: unknown): StateError {
  return new StateError(
    `${path} is no state file, or is damaged so that it cannot be told; it was left untouched. If it is something else, name the right file with --state. If it was one, restore a backup, or move it away and start again with --from an ISO time before the damage.`,
    { code: "corrupt", cause },
  );
}

/** Turns what SQLite or the file system reports into a `StateError` that says what to do. Other errors pass. */
export function translateSqliteError(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  // The only JSON parsed here is what we wrote ourselves.
  if (error instanceof SyntaxError) return corrupt(path, error);
  if (code === "SQLITE_NOTADB") return unrecognizable(path, error);
  if (code.startsWith("SQLITE_CORRUPT")) return corrupt(path, error);
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return new StateError(
      `${path} is busy: another process is writing to it. Try again; if it is the data file of a running server, name another one with --state.`,
      {
        code: "busy",
        cause: error,
      },
    );
  }
  if (code.startsWith("SQLITE_READONLY") || code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return new StateError(`${path} cannot be written. Make it and its folder writable for this user.`, {
      code: "read_only",
      cause: error,
    });
  }
  if (code === "SQLITE_FULL" || code === "ENOSPC") {
    return new StateError(`The disk refused a write to ${path} (${code}). Nothing was lost; free some space.`, {
      code: "full",
      cause: error,
    });
  }
  // A failing disk, but also one that has its limit elsewhere than in its size, such as a quota.
  if (code.startsWith("SQLITE_IOERR") || code === "EIO" || code === "EDQUOT") {
    return new StateError(
      `The disk failed to read or write ${path} (${code}). Nothing was lost; see what the system's log says of the disk, and whether a quota is used up.`,
      { code: "io", cause: error },
    );
  }
  if (code.startsWith("SQLITE_CANTOPEN") || ["EISDIR", "ENOTDIR", "ENOENT", "EEXIST"].includes(code)) {
    return new StateError(`${path} cannot be opened as a state file (${code}).`, { code: "unreadable", cause: error });
  }
  return error;
}

/** The error code of SQLite or of the file system, or an empty string. */
export function sqliteCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

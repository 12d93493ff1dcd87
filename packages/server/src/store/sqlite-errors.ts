import { StateError } from "@dirsync/sdk";
import type { StateFailure } from "@dirsync/sdk";

const failures: Readonly<Record<string, { readonly code: StateFailure; readonly says: string }>> = {
  SQLITE_BUSY: { code: "locked", says: "is held by another process; stop it or name another file with --data" },
  SQLITE_LOCKED: { code: "locked", says: "is held by another process; stop it or name another file with --data" },
  SQLITE_CORRUPT: { code: "corrupt", says: "is damaged; restore a backup" },
  SQLITE_NOTADB: { code: "corrupt", says: "is not a Dirsync server database; name another file with --data" },
  SQLITE_READONLY: { code: "read_only", says: "cannot be written; check its permissions" },
  SQLITE_FULL: { code: "full", says: "has no room left on its disk; free some and try again" },
  // Of a disk that became read-only, or that has its limit elsewhere than in its size. The cause has the exact code.
  SQLITE_IOERR: { code: "io", says: "cannot be read or written; check the disk" },
  SQLITE_CANTOPEN: { code: "unreadable", says: "cannot be opened; check the path and its permissions" },
  SQLITE_PERM: { code: "unreadable", says: "cannot be opened; check its permissions" },
  ENOENT: { code: "missing", says: "is in a folder that does not exist; create it first" },
  ENOTDIR: { code: "missing", says: "is below something that is no folder; name another file with --data" },
  EISDIR: { code: "unreadable", says: "is a folder; name a file with --data" },
  EACCES: { code: "unreadable", says: "cannot be opened; check its permissions" },
  EROFS: { code: "read_only", says: "is on a read-only disk" },
  ENOSPC: { code: "full", says: "has no room left on its disk; free some and try again" },
  EIO: { code: "io", says: "cannot be read or written; check the disk" },
  EDQUOT: { code: "full", says: "is on a disk whose quota is used up; free some and try again" },
  EPERM: { code: "unreadable", says: "belongs to another user; check its permissions" },
};

/** What an error of SQLite or of the file system means; any other stays as it is. */
export function toStateError(thrown: unknown, file: string): Error {
  const error = thrown instanceof Error ? thrown : new TypeError("Something that is no error was thrown.");
  const code = codeOf(error);
  if (code === null) return error;
  // Extended codes such as SQLITE_IOERR_FSYNC begin with the primary one.
  const primary = code.startsWith("SQLITE_") ? code.split("_", 2).join("_") : code;
  const failure = failures[primary];
  if (failure === undefined) return error;
  return new StateError(`${file} ${failure.says}.`, { code: failure.code, cause: error });
}

function codeOf(error: Error): string | null {
  if (error instanceof StateError || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

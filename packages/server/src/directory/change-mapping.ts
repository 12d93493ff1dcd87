import { changeDirectory } from "./directory.ts";
import type { Directories } from "./directory.ts";
import { defaultMapping, mappingOf } from "./mapping.ts";
import type { DirectoryMapping } from "./mapping.ts";
import { nextTurn } from "../turns.ts";
import { refreshUser } from "./users.ts";

// Users looked at between two queries.
const usersPerRead = 500;

/**
 * Changes how a directory's people are read, and shows everybody anew by it: each one who looks different now gets an
 * event. Mapping and events are one change; it costs what reading the whole directory costs.
 * @throws scim_error 401 when the directory does not exist
 */
export async function changeMapping(
  directories: Directories,
  directorySeq: number,
  changes: Partial<DirectoryMapping>,
): Promise<DirectoryMapping> {
  return await changeDirectory(directories, directorySeq, async (write) => {
    const mapping = { ...mappingOf(write.directory), ...changes };
    await write.scope.saveMapping(JSON.stringify(differencesOf(mapping)), write.at);
    const context = { ...write, mapping };
    for (let above = 0; ;) {
      const users = await write.scope.users.after(above, usersPerRead);
      for (const user of users) await refreshUser(context, user);
      const last = users.at(-1);
      if (last === undefined) return mapping;
      above = last.seq;
      await nextTurn();
    }
  });
}

/** Only what differs from the defaults, so that a default that changes one day changes for everybody who has not chosen. */
function differencesOf(mapping: DirectoryMapping): Partial<DirectoryMapping> {
  return Object.fromEntries(
    Object.entries(mapping).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(defaultMapping, name)),
    ),
  );
}

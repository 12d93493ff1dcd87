import type { ApiCalls, CallOptions, ChangeOptions } from "../http/call.ts";
import { path } from "../http/path.ts";
import { Directories } from "../resources/directories.ts";
import { directoryImportCheck, type DirectoryImport, type DirectoryImportDraft } from "./directory-import.ts";
import { directoryMappingCheck, type DirectoryMapping, type DirectoryMappingChanges } from "./directory-mapping.ts";

/** The directories an app's customers have connected, how their people are read, and files of people. */
export class OwnDirectories extends Directories {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    super(calls);
    this.#calls = calls;
  }

  /** How the directory's people are read. @throws ApiError 404 when there is none. */
  async mapping(id: string, options?: CallOptions): Promise<DirectoryMapping> {
    return this.#calls.read({ method: "GET", ...path`/directories/${id}/mapping` }, directoryMappingCheck, options);
  }

  /**
   * Changes how the directory's people are read, and resolves when everybody in it is read anew; each one who looks
   * different by it gets a `dsync.user.updated`.
   * @throws ApiError 422 naming each field that is wrong; nothing has been changed then.
   */
  async changeMapping(
    id: string,
    changes: DirectoryMappingChanges,
    options?: ChangeOptions,
  ): Promise<DirectoryMapping> {
    const request = { method: "PATCH", ...path`/directories/${id}/mapping`, body: changes } as const;
    return this.#calls.read(request, directoryMappingCheck, options);
  }

  /**
   * Brings the directory to what a file of people says, in one change. Give it time: `timeoutMs` covers the whole import.
   * @throws ApiError 422 naming each person that cannot be taken (`people.<index>`); 409 `delete_brake` when it would
   * deactivate too many. Nothing has been changed then.
   */
  async import(id: string, draft: DirectoryImportDraft, options?: ChangeOptions): Promise<DirectoryImport> {
    const request = { method: "POST", ...path`/directories/${id}/import`, body: draft } as const;
    return this.#calls.read(request, directoryImportCheck, options);
  }
}

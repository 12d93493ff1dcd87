import {
  createdDirectoryCheck,
  directoryCheck,
  type AnyDirectoryType,
  type CreatedDirectory,
  type Directory,
} from "../contract/directory.ts";
import type { ApiCalls, CallOptions, ChangeOptions } from "../http/call.ts";
import type { Listing } from "../http/paginate.ts";
import { path } from "../http/path.ts";
import { listEndpoint, type PageOptions } from "./list-endpoint.ts";
import { maskWhenPrinted } from "./printed.ts";

/** Filters of the directories list. */
export interface DirectoryListOptions extends PageOptions {
  readonly organization_id?: string | undefined;
  /** Part of a directory's name. */
  readonly search?: string | undefined;
}

/** A directory to create. */
export interface DirectoryDraft {
  readonly name: string;
  /** Which provider will send to it. */
  readonly type: AnyDirectoryType;
  readonly organization_id?: string | undefined;
  /** Keep people who are deactivated at the provider as inactive users (default true), instead of removing them. */
  readonly soft_delete?: boolean | undefined;
}

/** The directories an app's customers have connected. */
export class Directories {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    this.#calls = calls;
  }

  /** All directories, or those that match every filter. */
  list(filters: DirectoryListOptions = {}, options?: CallOptions): Listing<Directory> {
    return listEndpoint(this.#calls, {
      path: path`/directories`,
      item: directoryCheck,
      filters: { ...filters },
      options,
    });
  }

  /** @throws ApiError 404 when there is none in this environment. */
  async get(id: string, options?: CallOptions): Promise<Directory> {
    return this.#calls.read({ method: "GET", ...path`/directories/${id}` }, directoryCheck, options);
  }

  /**
   * Deletes a directory with everything in it. The service may finish later; its log then tells of it by
   * `dsync.deleted` alone, without an event for each user and group.
   */
  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.#calls.run({ method: "DELETE", ...path`/directories/${id}` }, options);
  }

  /**
   * Creates a directory and the SCIM address and bearer token to give to the provider. The token is shown this once.
   * Only `@dirsync/server` has this call; at WorkOS directories are made in the dashboard or the portal.
   */
  async create(draft: DirectoryDraft, options?: ChangeOptions): Promise<CreatedDirectory> {
    const request = { method: "POST", ...path`/directories`, body: draft } as const;
    const directory = await this.#calls.read(request, createdDirectoryCheck, options);
    maskWhenPrinted(directory.scim, "bearer_token");
    return directory;
  }
}

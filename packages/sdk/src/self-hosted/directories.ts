import type { ApiCalls, CallOptions, ChangeOptions } from "../http/call.ts";
import type { Listing } from "../http/paginate.ts";
import { path } from "../http/path.ts";
import { Directories } from "../resources/directories.ts";
import { listEndpoint, type PageOptions } from "../resources/list-endpoint.ts";
import { maskWhenPrinted } from "../resources/printed.ts";
import { directoryImportCheck, type DirectoryImport, type DirectoryImportDraft } from "./directory-import.ts";
import { directoryMappingCheck, type DirectoryMapping, type DirectoryMappingChanges } from "./directory-mapping.ts";
import {
  type CreatedScimToken,
  createdScimTokenCheck,
  type RotatedScimToken,
  rotatedScimTokenCheck,
  type ScimToken,
  type ScimTokenDraft,
  scimTokensCheck,
} from "./directory-token.ts";
import { heldUserCheck, type HeldUser } from "./held-user.ts";
import {
  type ScimSettings,
  type ScimSettingsChanges,
  scimSettingsCheck,
  type ScimSettingsDraft,
} from "./scim-settings.ts";

/** The directories an app's customers have connected: their SCIM endpoints and tokens, how their people are read, and files. */
export class OwnDirectories extends Directories {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    super(calls);
    this.#calls = calls;
  }

  /**
   * Who is stored in the directory and does not come through, newest first, each with the reason: the lists and the log do not
   * have them.
   * @throws ApiError 404 when there is no such directory.
   */
  heldUsers(id: string, filters: PageOptions = {}, options?: CallOptions): Listing<HeldUser> {
    const endpoint = { path: path`/directories/${id}/held_users`, item: heldUserCheck };
    return listEndpoint(this.#calls, { ...endpoint, filters: { ...filters }, options });
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

  /** Where the directory's SCIM endpoint is, and how strict it is. @throws ApiError 404 when there is no such directory. */
  async scim(id: string, options?: CallOptions): Promise<ScimSettings> {
    return this.#calls.read({ method: "GET", ...path`/directories/${id}/scim` }, scimSettingsCheck, options);
  }

  /** Replaces all that the directory decides about its SCIM endpoint. @throws ApiError 422 naming each field that is wrong. */
  async changeScim(id: string, settings: ScimSettingsDraft, options?: ChangeOptions): Promise<ScimSettings> {
    const request = { method: "PUT", ...path`/directories/${id}/scim`, body: settings } as const;
    return this.#calls.read(request, scimSettingsCheck, options);
  }

  /** Changes some of what the directory decides about its SCIM endpoint. @throws ApiError 422 naming each field that is wrong. */
  async updateScim(id: string, changes: ScimSettingsChanges, options?: ChangeOptions): Promise<ScimSettings> {
    const request = { method: "PATCH", ...path`/directories/${id}/scim`, body: changes } as const;
    return this.#calls.read(request, scimSettingsCheck, options);
  }

  /** The tokens that work, oldest first; ten at most. @throws ApiError 404 when there is no such directory. */
  async tokens(id: string, options?: CallOptions): Promise<readonly ScimToken[]> {
    const request = { method: "GET", ...path`/directories/${id}/tokens` } as const;
    return (await this.#calls.read(request, scimTokensCheck, options)).data;
  }

  /** Makes a token, which is shown in the answer and never again. @throws ApiError 409 `too_many_tokens` beyond ten. */
  async createToken(id: string, draft: ScimTokenDraft = {}, options?: ChangeOptions): Promise<CreatedScimToken> {
    const request = { method: "POST", ...path`/directories/${id}/tokens`, body: draft } as const;
    return maskWhenPrinted(await this.#calls.read(request, createdScimTokenCheck, options), "token");
  }

  /**
   * Makes a token in the place of another, of the same name and scope. Both work for `overlap_seconds`, by default a day and
   * at most thirty; 0 ends the other at once.
   * @throws ApiError 404 when there is no such token.
   */
  async rotateToken(
    id: string,
    rotation: { readonly token_id: string; readonly overlap_seconds?: number | undefined },
    options?: ChangeOptions,
  ): Promise<RotatedScimToken> {
    const { token_id: tokenId, ...body } = rotation;
    const request = { method: "POST", ...path`/directories/${id}/tokens/${tokenId}/rotate`, body } as const;
    return maskWhenPrinted(await this.#calls.read(request, rotatedScimTokenCheck, options), "token");
  }

  /** Ends a token at once. @throws ApiError 404 when there is no such token. */
  async revokeToken(id: string, tokenId: string, options?: ChangeOptions): Promise<void> {
    await this.#calls.run({ method: "DELETE", ...path`/directories/${id}/tokens/${tokenId}` }, options);
  }
}

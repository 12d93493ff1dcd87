/**
 * The ids a server gave to people and groups.
 *
 * A real provider stores them beside the assignment and works by id from then on. It finds them again by a filter when
 * it lost them (a new connection) or when the server lost the resource (404 on a known id).
 */
import { ApiError, DirsyncError } from "@dirsync/sdk";

/** Somebody or something that has an id here and an id on the server. */
export interface Known {
  /** The provider's own id. */
  readonly id: string;
  /** The user name or group name that the provider searches for. */
  readonly name: string;
}

/** Remembers ids of one resource type, and finds forgotten ones. */
export class RemoteIds {
  readonly #ids = new Map<string, string>();
  readonly #provider: string;
  readonly #find: (name: string) => Promise<string | null>;

  /** `find` searches the server and resolves with null when there is no match. */
  constructor(provider: string, find: (name: string) => Promise<string | null>) {
    this.#provider = provider;
    this.#find = find;
  }

  remember(known: Known, remoteId: string): void {
    this.#ids.set(known.id, remoteId);
  }

  forget(known: Known): void {
    this.#ids.delete(known.id);
  }

  /** The remembered id, else a search; null when the server has no match. */
  async find(known: Known): Promise<string | null> {
    const remembered = this.#ids.get(known.id);
    if (remembered !== undefined) {
      return remembered;
    }
    const found = await this.#find(known.name);
    if (found !== null) {
      this.remember(known, found);
    }
    return found;
  }

  /** Searches although the id may be known; keeps the known one when the server finds no such name. */
  async refresh(known: Known): Promise<void> {
    const found = await this.#find(known.name);
    if (found !== null) this.remember(known, found);
  }

  /** Like `find`. @throws DirsyncError `not_provisioned` when the server has no match. */
  async require(known: Known): Promise<string> {
    const found = await this.find(known);
    if (found === null) {
      throw new DirsyncError(
        `${this.#provider} finds no ${known.name} in the directory. Assign the person or create the group first.`,
        { code: "not_provisioned", retryable: false },
      );
    }
    return found;
  }

  /**
   * Runs `act` with the id. When the server no longer knows a remembered id, searches once and runs `act` again.
   * Runs `otherwise` when the server has no match; by default that is the error of `require`.
   */
  async use(known: Known, act: (remoteId: string) => Promise<void>, otherwise?: () => Promise<void>): Promise<void> {
    const remembered = this.#ids.get(known.id);
    if (remembered !== undefined) {
      try {
        await act(remembered);
        return;
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) {
          throw error;
        }
        this.forget(known);
      }
    }
    if (otherwise !== undefined && (await this.find(known)) === null) {
      await otherwise();
      return;
    }
    await act(await this.require(known));
  }
}

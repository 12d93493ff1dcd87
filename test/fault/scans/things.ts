import { between, type Random } from "../../support/random.ts";
import type { SimulatedClock } from "../simulation/clock.ts";
import type { Thing } from "./upstream-state.ts";

/** Makes directories, users and groups up. */
export class Things {
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  #things = 0;

  constructor(clock: SimulatedClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  directory(id: string): Thing {
    return {
      ...this.#dates(),
      id,
      name: `Directory ${id}`,
      type: "okta scim v2.0",
      state: "active",
      organization_id: `o${id}`,
    };
  }

  user(directory: string): Thing {
    const id = this.#nextId(directory);
    return { ...this.#dates(), id, directory_id: directory, email: `${id}@acme.test`, state: "active", level: 0 };
  }

  group(directory: string): Thing {
    const id = this.#nextId(directory);
    return { ...this.#dates(), id, directory_id: directory, name: `Group ${id}`, level: 0 };
  }

  changed(thing: Thing): Thing {
    const level = between(this.#random, 0, 9);
    return { ...thing, level, updated_at: this.#second() } as Thing;
  }

  /** Ids do not grow with time: what is new may stand anywhere in a list. */
  #nextId(directory: string): string {
    this.#things += 1;
    return `${directory}${between(this.#random, 100, 999)}${this.#things}`;
  }

  #dates(): { readonly created_at: string; readonly updated_at: string } {
    const at = this.#second();
    return { created_at: at, updated_at: at };
  }

  /** As coarse as many services write it. */
  #second(): string {
    return new Date(Math.floor(this.#clock.nowMs / 1_000) * 1_000).toISOString();
  }
}

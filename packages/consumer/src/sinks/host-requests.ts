import { SinkError } from "@dirsync/sdk";
import type { EffectRecord } from "../effect-record.ts";
import type { HostReply, HostRequest } from "./host-messages.ts";

/** Longer names and keys would be too long for a line, and are a mistake in any case. */
const charactersMax = 4 * 1024;

interface Waiting {
  readonly resolve: (has: boolean) => void;
  readonly reject: (error: Error) => void;
}

/** What handlers ask the tail for, until it replies. */
export class Requests {
  readonly #say: (request: HostRequest) => void;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;

  constructor(say: (request: HostRequest) => void) {
    this.#say = say;
  }

  /** The record of side effects, for the handler of this event. */
  effectsFor(id: string): EffectRecord {
    return {
      has: (name, key) => this.#ask({ of: id, what: "has", name, key }),
      note: async (name, key) => void (await this.#ask({ of: id, what: "note", name, key })),
    };
  }

  settle(answer: HostReply): void {
    const waiting = this.#waiting.get(answer.reply);
    this.#waiting.delete(answer.reply);
    if ("has" in answer) waiting?.resolve(answer.has);
    else waiting?.reject(new SinkError(answer.message, { verdict: answer.verdict, code: answer.code }));
  }

  async #ask(request: Omit<HostRequest, "request">): Promise<boolean> {
    const { name, key } = request;
    if (name.length + key.length > charactersMax) {
      throw new RangeError(`The name and the key of an effect have ${charactersMax} characters at most.`);
    }
    const number = (this.#count += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      this.#say({ ...request, request: number });
    });
  }
}

import type { Context } from "hono";
import { changeDirectoryOnce } from "../../directory/directory.ts";
import type { Services } from "../../http/services.ts";
import { scimAnswer } from "../answers.ts";
import type { Scope, ScimBody, ScimEnv } from "../answers.ts";
import { planBulk } from "./plan.ts";
import type { BulkStep } from "./plan.ts";
import { parseBulk, resolved } from "./request.ts";
import type { BulkMethod, BulkOperation, BulkRequest } from "./request.ts";
import { badRequest, ScimError, toScimErrorBody } from "../error.ts";
import { etagOf } from "../etag.ts";
import type { Versioned } from "../etag.ts";
import { groupCreation, groupDeletion, groupPatch, groupReplacement } from "../group-changes.ts";
import type { TypeName } from "../model.ts";
import { refusalOf } from "../refusal.ts";
import { bodyOf, dialectOf, scopeOf } from "../request.ts";
import { userCreation, userDeletion, userPatch, userReplacement } from "../user-changes.ts";
import type { ChangeRequest, Dialect, Work } from "../user-changes.ts";

/*
 * Each operation is a change of its own, done or refused as if it had come alone. Operations handed in together share a
 * commit, as all changes do that arrive in one turn; each sees those before it, which is how an id that one made reaches
 * the next.
 */

/** Operations handed in together, and what they may say together: filters are dear. Others get their turn in between. */
const [operationsPerTurn, charactersPerTurn] = [100, 65_536];

/** `POST /Bulk` (RFC 7644 section 3.7). @throws scim_error 400, 413 */
export async function answerBulk(services: Services, context: Context<ScimEnv>): Promise<Response> {
  const request = parseBulk(await bodyOf(context));
  const run = new BulkRun(services, context, request);
  await run.all(planBulk(request.operations));
  return scimAnswer(context, {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
    Operations: run.results(),
  });
}

/** Of a resource that an operation made or changed. */
type Changed = Versioned & { readonly id: string };

/** Nothing was done: too many operations before it had failed, or its own first step. */
class NotBegun extends Error {}

class BulkRun {
  readonly #services: Services;
  readonly #scope: Scope;
  readonly #dialect: Dialect;
  readonly #requestId: string;
  readonly #request: BulkRequest;
  readonly #results = new Map<number, ScimBody>();
  readonly #idByName = new Map<string, string>();
  #errors = 0;

  constructor(services: Services, context: Context<ScimEnv>, request: BulkRequest) {
    this.#services = services;
    this.#scope = scopeOf(context);
    this.#dialect = dialectOf(context);
    this.#requestId = context.get("requestId");
    this.#request = request;
  }

  async all(steps: readonly BulkStep[]): Promise<void> {
    // Each is what a request of its own would be, and the first of them is counted.
    this.#services.limiter.charge(this.#scope.directorySeq, steps.length - 1);
    for (const some of this.#inTurns(steps)) {
      if (this.#isOver()) return;
      await Promise.all(some.map((step) => this.#one(step)));
    }
  }

  /** What became of the operations, in the order of the request; without those that were not begun. */
  results(): readonly ScimBody[] {
    return [...this.#request.operations.keys()]
      .map((index) => this.#results.get(index))
      .filter((result) => result !== undefined);
  }

  #inTurns(steps: readonly BulkStep[]): readonly (readonly BulkStep[])[] {
    const turns: BulkStep[][] = [];
    let characters = Number.POSITIVE_INFINITY;
    for (const step of steps) {
      const size = JSON.stringify(this.#request.operations[step.index]?.data ?? null).length;
      const current = turns.at(-1);
      const isFull =
        current === undefined || current.length === operationsPerTurn || characters + size > charactersPerTurn;
      if (isFull) turns.push([step]);
      else current.push(step);
      characters = isFull ? size : characters + size;
    }
    return turns;
  }

  async #one(step: BulkStep): Promise<void> {
    const operation = this.#request.operations[step.index];
    if (operation === undefined) return;
    const course = { isSkipped: false, isCounted: false, names: null as string | null };
    try {
      const changed = await changeDirectoryOnce(this.#services, this.#scope.directorySeq, async (write) => {
        course.isSkipped = this.#isOver() || (step.isSecond && !this.#idByName.has(operation.bulkId ?? ""));
        if (course.isSkipped) throw new NotBegun();
        try {
          const made = await this.#workOf(operation, step)(write);
          if (operation.bulkId !== null && made !== null) {
            if (!this.#idByName.has(operation.bulkId)) course.names = operation.bulkId;
            this.#idByName.set(operation.bulkId, made.id);
          }
          return made;
        } catch (error) {
          // Counted here and not where the answer is made: the next operation is asked before anything is answered.
          this.#errors += 1;
          course.isCounted = true;
          throw error;
        }
      });
      this.#results.set(step.index, this.#success(operation, changed));
    } catch (error) {
      // Asked of the course and not of the error: where a commit fails, all that shared it are refused with its error.
      if (course.isSkipped) return;
      // Its work was done and taken back, so that the id it has made leads nowhere.
      if (!course.isCounted) this.#errors += 1;
      if (course.names !== null) this.#idByName.delete(course.names);
      this.#results.set(step.index, this.#failure(operation, refusalOf(error, this.#services, this.#requestId)));
    }
  }

  #isOver(): boolean {
    return this.#errors >= this.#request.errorsMax;
  }

  /** @throws scim_error 400, 404, 409 */
  #workOf(operation: BulkOperation, step: BulkStep): Work<Changed | null> {
    const { method, type, hasPath } = operation;
    if (method === null) throw badRequest("invalidSyntax", "'method' is expected to be POST, PUT, PATCH or DELETE.");
    if (!hasPath) throw badRequest("invalidSyntax", "'path' is missing: every operation has one.");
    if (type === null) throw new ScimError("'path' names neither Users nor Groups.", { status: 404 });
    for (const name of step.needs) this.#assertKnown(name);
    const idOf = (name: string): string | null => this.#idByName.get(name) ?? null;
    const target = step.isSecond ? idOf(operation.bulkId ?? "") : resolved(operation.target, idOf);
    const body = resolved(operation.data, idOf);
    if (method === "POST" && !step.isSecond) {
      if (target !== null) throw badRequest("invalidValue", "A POST goes to /Users or /Groups, without an id.");
      if (operation.bulkId !== null && this.#idByName.has(operation.bulkId)) {
        throw badRequest("invalidValue", "Two operations have this bulkId.");
      }
      return type === "User" ? userCreation(body, this.#dialect) : groupCreation(body, this.#dialect);
    }
    if (typeof target !== "string") throw badRequest("invalidValue", `A ${method} needs an id in its path.`);
    const request = { id: target, preconditions: { ifMatch: operation.version, ifNoneMatch: null } };
    return workOn(type, step.isSecond ? "PUT" : method, { request, body, dialect: this.#dialect });
  }

  /** Without this, a member that could not be made would be passed over in silence. @throws scim_error 400, 409 */
  #assertKnown(name: string): void {
    if (this.#idByName.has(name)) return;
    const isMade = this.#request.operations.some(({ method, bulkId }) => method === "POST" && bulkId === name);
    if (!isMade) throw badRequest("invalidValue", "A bulkId is referred to that no POST of this request has.");
    throw new ScimError("The operation whose bulkId is referred to has failed.", { status: 409 });
  }

  #success(operation: BulkOperation, changed: Changed | null): ScimBody {
    const status = operation.method === "POST" ? 201 : operation.method === "DELETE" ? 204 : 200;
    const id = changed?.id ?? resolved(operation.target, (name) => this.#idByName.get(name) ?? null);
    return {
      ...this.#head(operation, id),
      ...(changed === null ? {} : { version: etagOf(changed) }),
      status: String(status),
    };
  }

  #failure(operation: BulkOperation, error: ScimError): ScimBody {
    const id = resolved(operation.target, (name) => this.#idByName.get(name) ?? null);
    return {
      ...this.#head(operation, operation.method === "POST" ? null : id),
      status: String(error.status),
      response: toScimErrorBody(error),
    };
  }

  #head({ methodText, bulkId, type }: BulkOperation, id: unknown): ScimBody {
    const path = type === "User" ? "Users" : "Groups";
    return {
      method: methodText,
      ...(bulkId === null ? {} : { bulkId }),
      ...(typeof id === "string" && type !== null ? { location: `${this.#scope.scimUrl}/${path}/${id}` } : {}),
    };
  }
}

/** The change that an operation on something that exists asks for. */
function workOn(
  type: TypeName,
  method: BulkMethod,
  { request, body, dialect }: { request: ChangeRequest; body: unknown; dialect: Dialect },
): Work<Changed | null> {
  const isUser = type === "User";
  switch (method) {
    case "PUT":
      return isUser ? userReplacement(request, body, dialect) : groupReplacement(request, body, dialect);
    case "PATCH":
      return isUser ? userPatch(request, body, dialect) : groupPatch(request, body, dialect);
    case "DELETE": {
      const work = isUser ? userDeletion(request) : groupDeletion(request);
      return async (write) => {
        await work(write);
        return null;
      };
    }
    case "POST":
      throw badRequest("invalidValue", "A POST goes to /Users or /Groups, without an id.");
    default:
      return method satisfies never;
  }
}

import type { Context } from "hono";
import type { Data } from "../store/model.ts";
import { badRequest, HttpProblem } from "./problem.ts";
import { idempotencySecrets } from "./idempotency-secrets.ts";
import type { RequestVariables, Services } from "./services.ts";

/** A day, as the service documents for the one call that it documents at all (contract of the headers). */
const keptMs = 24 * 60 * 60 * 1000;

/** A request that makes something. */
export interface Creation {
  readonly context: Context<{ Variables: RequestVariables }>;
  /** The body as it was parsed. */
  readonly body: unknown;
}

/**
 * Makes what `make` makes and answers 201 with it. A request that carries an `Idempotency-Key` and is repeated within a day gets
 * the first answer again and makes nothing: the answer is stored in the transaction that makes the object, so that there is
 * never one without the other. What fails stores nothing, and may be tried again under the same key.
 * @throws HttpProblem 400 `invalid_idempotency_key`; 422 `idempotency_key_reused` for another request under a known key
 */
export async function createOnce(
  services: Services,
  { context, body }: Creation,
  make: (data: Data) => Promise<object>,
): Promise<Response> {
  const key = context.req.header("idempotency-key");
  if (key === undefined) return context.json(await services.store.write(make), 201);
  checkKey(key);
  const secrets = idempotencySecrets(services.config.apiKeyDigests[0], key);
  const requestDigest = secrets.digestOf(`${context.req.method} ${context.req.path} ${JSON.stringify(body)}`);
  const { text, isRepeated } = await services.store.write(async (data) => {
    const nowMs = services.ids.nowMs();
    await data.answers.removeUntil(nowMs - keptMs);
    const known = await data.answers.find(secrets.keyDigest);
    if (known !== undefined) {
      if (known.request_digest !== requestDigest) throw keyReused();
      services.changesNothing?.();
      return { text: secrets.open(known.sealed, known.made_ms), isRepeated: true };
    }
    const made = JSON.stringify(await make(data));
    const sealed = secrets.seal(made, nowMs);
    await data.answers.insert({ key_digest: secrets.keyDigest, request_digest: requestDigest, sealed, made_ms: nowMs });
    return { text: made, isRepeated: false };
  });
  const headers = { "Content-Type": "application/json", ...(isRepeated ? { "Idempotent-Replayed": "true" } : {}) };
  return context.body(text, 201, headers);
}

/** Of what clients send, a random UUID or a word before it; the bound is that of the SDK. */
function checkKey(key: string): void {
  if (/^[\x21-\x7e]{1,255}$/u.test(key)) return;
  throw badRequest("invalid_idempotency_key", "Idempotency-Key must be 1 to 255 visible ASCII characters.");
}

function keyReused(): HttpProblem {
  const message = "This Idempotency-Key was used for another request; use a new key for each thing to make.";
  return new HttpProblem(422, { code: "idempotency_key_reused", message });
}

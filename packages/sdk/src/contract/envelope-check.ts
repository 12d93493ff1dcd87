import { bag, check, object, text, type Check } from "./check.ts";
import { eventIdCharactersMax, type Envelope, type EventContext } from "./envelope.ts";

type Bag = Readonly<Record<string, unknown>>;

const anything: Check<unknown> = check(() => true, "expected anything");

/** Says what an envelope lacks. `isEnvelope` is the same rule, fast and without a word. */
export const envelopeCheck: Check<Envelope<string, Bag>> = object<Envelope<string, Bag>>({
  // Absent in the service's own webhooks, and of no use to anyone who has come this far.
  object: anything as Check<"event" | undefined>,
  id: check(isId, `expected an id of 1 to ${eventIdCharactersMax} characters`),
  event: check((value) => typeof value === "string" && value !== "", "expected a name"),
  data: bag,
  created_at: text,
  context: anything as Check<EventContext | null | undefined>,
});

function isId(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.length <= eventIdCharactersMax;
}

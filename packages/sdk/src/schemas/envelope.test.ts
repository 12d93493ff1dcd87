import fc from "fast-check";
import { expect, test } from "vitest";
import { isEnvelope } from "../contract/envelope.ts";
import { envelopeSchema } from "./events.ts";

test("the fast check and the schema agree on everything JSON can hold", () => {
  const json = fc.jsonValue();
  const odd = fc.oneof(fc.string(), fc.constant(""), fc.constant("x".repeat(257)), fc.constant(null), json);
  const nearly = fc.record(
    { id: odd, event: odd, data: fc.oneof(fc.dictionary(fc.string(), json), json), created_at: odd },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(nearly, json), (value) => {
      expect(isEnvelope(value)).toBe(envelopeSchema.safeParse(value).success);
    }),
    { numRuns: 3_000 },
  );
});

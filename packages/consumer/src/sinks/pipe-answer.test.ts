import { expect, test } from "vitest";
import { readAnswer } from "./pipe-answer.ts";

test.each([
  ['{"ack":"event_1"}', { id: "event_1", failure: null }],
  [' {"ack":"event_1","took_ms":3}\r', { id: "event_1", failure: null }],
  ['{"ack":""}', { id: "", failure: null }],
  ['{"nack":"event_1"}', { id: "event_1", failure: { verdict: "retry", code: "pipe_refused" } }],
  ['{"nack":"event_1","verdict":"dead"}', { id: "event_1", failure: { verdict: "dead", retryable: false } }],
  ['{"nack":"event_1","verdict":"halt"}', { id: "event_1", failure: { verdict: "halt" } }],
  ['{"nack":"event_1","retry_after_ms":0}', { id: "event_1", failure: { retryAfterMs: 0 } }],
  ['{"nack":"event_1","retry_after_ms":1500.5}', { id: "event_1", failure: { retryAfterMs: 1500.5 } }],
  [
    '{"nack":"event_1","message":"database is locked"}',
    { failure: { message: "The program of sink app refused the event: database is locked" } },
  ],
  ['{"nack":"event_1","message":""}', { failure: { message: "The program of sink app refused the event." } }],
  ['{"ack":"\\u0065vent_1"}', { id: "event_1", failure: null }],
])("%s is an answer", (line, answer) => {
  expect(readAnswer(line, "app")).toMatchObject(answer);
});

test.each([
  ["ok", "is no JSON object"],
  ["", "is no JSON object"],
  ["{", "is no JSON object"],
  ["null", "is no JSON object"],
  ["1", "is no JSON object"],
  ['"event_1"', "is no JSON object"],
  ['[{"ack":"event_1"}]', "is no JSON object"],
  ['{"ack":"event_1"} {"ack":"event_2"}', "is no JSON object"],
  ["{}", "says neither ack nor nack"],
  ['{"id":"event_1"}', "says neither ack nor nack"],
  ['{"ack":"event_1","nack":"event_1"}', "says ack and nack at once"],
  ['{"ack":1}', "has an ack that is no event id"],
  ['{"ack":null}', "has an ack that is no event id"],
  ['{"ack":["event_1"]}', "has an ack that is no event id"],
  ['{"nack":true}', "has a nack that is no event id"],
  ['{"nack":"event_1","verdict":"later"}', "has a verdict that is none of retry, dead and halt"],
  ['{"nack":"event_1","verdict":null}', "has a verdict that is none of retry, dead and halt"],
  ['{"nack":"event_1","verdict":["dead"]}', "has a verdict that is none of retry, dead and halt"],
  ['{"nack":"event_1","message":{}}', "has a message that is no text"],
  ['{"nack":"event_1","retry_after_ms":"5"}', "has a retry_after_ms that is no duration"],
  ['{"nack":"event_1","retry_after_ms":-1}', "has a retry_after_ms that is no duration"],
  ['{"nack":"event_1","retry_after_ms":1e999}', "has a retry_after_ms that is no duration"],
])("%s is none, and it is said why", (line, fault) => {
  expect(readAnswer(line, "app")).toBe(fault);
});

import { Writable } from "node:stream";
import { expect, test } from "vitest";
import type { Context } from "./context.ts";
import { createLogger } from "./logging.ts";

/** What a terminal, or with `json` a program, reads of one line. */
function written(fields: object, json: boolean): string {
  let text = "";
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const stderr = Object.assign(stream, { isTTY: true });
  createLogger({ streams: { stderr } } as unknown as Context, { json }).info(fields, "a scan is complete");
  return text;
}

test("a field with facts of its own is shown with them, to people as well", () => {
  const fields = { cause: "gap", user: { listed: 3, created: 1 }, sinks: ["app", "mail"] };
  const details = "cause=gap  user=(listed 3, created 1)  sinks=app,mail";
  expect(written(fields, false)).toContain(`a scan is complete  ${details}\n`);
  expect(JSON.parse(written(fields, true))).toMatchObject({ level: "info", msg: "a scan is complete", ...fields });
});

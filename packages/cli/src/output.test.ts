import { Writable } from "node:stream";
import { expect, test } from "vitest";
import type { Context } from "./context.ts";
import { createOutput } from "./output.ts";
import { Secrets } from "./secrets.ts";

/** Clears the screen, rings, goes back in the line, begins a sequence in eight bits, turns the line round. */
const hostile = "\u001b[2J\u0007\r\u009b31m\u202Eevil\u2028";
// oxlint-disable-next-line no-control-regex -- these are the characters that must be gone
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028]/u;

function outputOn(isTTY: boolean, isJson = false) {
  const written: string[] = [];
  const stream = Object.assign(
    new Writable({ write: (chunk, _encoding, done) => (written.push(String(chunk)), done()) }),
    {
      isTTY,
    },
  );
  const context: Context = {
    environment: {},
    streams: { stdin: process.stdin, stdout: stream, stderr: stream },
    secrets: new Secrets(),
  };
  return { output: createOutput(context, isJson), text: () => written.join("") };
}

test.each([true, false])("what somebody else has named does not drive the terminal (terminal: %s)", (isTTY) => {
  const { output, text } = outputOn(isTTY);
  output.line(`Made ${hostile}.`);
  output.table([{ name: hostile }], [{ heading: "NAME", cell: ({ name }) => name }]);
  const shown = text().replaceAll("\u001b[1m", "").replaceAll("\u001b[22m", "");
  expect(shown).not.toMatch(obeyed);
  expect(shown).toContain(String.raw`Made \u001b[2J\u0007\u000d\u009b31m\u202eevil\u2028.`);
});

test("in JSON, too, and it is the same value", () => {
  const { output, text } = outputOn(true, true);
  output.json({ name: hostile });
  expect(text().trimEnd()).not.toMatch(obeyed);
  expect(JSON.parse(text())).toEqual({ name: hostile });
});

test("our own styles are left on a terminal, and nowhere else", () => {
  const styled = "\u001b[31mred\u001b[39m";
  const [terminal, file] = [outputOn(true), outputOn(false)];
  for (const { output } of [terminal, file]) output.line(styled);
  expect(terminal.text()).toBe(`${styled}\n`);
  expect(file.text()).toBe(String.raw`\u001b[31mred\u001b[39m` + "\n");
});

import { Command } from "commander";
import { expect, test } from "vitest";
import { Secrets } from "../secrets.ts";
import { commandsFor } from "./index.ts";

/** Names of the commands that a command line makes. */
function namesFor(...argv: readonly string[]): readonly string[] {
  const program = new Command();
  const context = { environment: {}, streams: process, secrets: new Secrets() };
  for (const register of commandsFor(argv)) register(program, context, () => undefined);
  return program.commands.map((command) => command.name());
}

const everything = namesFor();

test("there are commands, each with a name of its own", () => {
  expect(everything.length).toBeGreaterThan(20);
  expect(new Set(everything).size).toBe(everything.length);
});

test.each(everything.filter((name) => name !== "completion"))("a line that begins with %s makes that one", (name) => {
  expect(namesFor(name, "--help")).toEqual([name]);
});

test.each([["completion", "bash"], ["help", "tail"], ["--help"], ["tial"], ["constructor"], []])(
  "a line of %s %s makes all, to list or to suggest them",
  (...argv) => {
    expect(namesFor(...argv)).toEqual(everything);
  },
);

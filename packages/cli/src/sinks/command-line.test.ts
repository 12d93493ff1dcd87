import { describe, expect, test } from "vitest";
import { splitCommand } from "./command-line.ts";

describe("splitCommand", () => {
  test.each([
    ["./hook.sh", ["./hook.sh"]],
    ["node hook.mjs --fast", ["node", "hook.mjs", "--fast"]],
    ["  spaced   out  ", ["spaced", "out"]],
    ["'a b' c", ["a b", "c"]],
    ['"a b" c', ["a b", "c"]],
    [String.raw`a\ b c`, ["a b", "c"]],
    [String.raw`"say \"hi\""`, ['say "hi"']],
    [`sh -c 'cat | wc -l > out'`, ["sh", "-c", "cat | wc -l > out"]],
    ["hook ''", ["hook", ""]],
    ["pre'fix'ed", ["prefixed"]],
    ["'$HOME and `x`'", ["$HOME and `x`"]],
  ])("%s is split as a shell would", (text, words) => {
    expect(splitCommand(text, "--exec")).toEqual(words);
  });

  test.each(["a | b", "a > b", "a; b", "a && b", "echo $HOME", "echo `date`", "ls *.txt", "(a)"])(
    "%s is refused, because without a shell it would do something else",
    (text) => {
      expect(() => splitCommand(text, "--exec")).toThrow(/without a shell.*sh -c/);
    },
  );

  test.each(["'open", '"open', "a 'b"])("%s is refused for its open quote", (text) => {
    expect(() => splitCommand(text, "--exec")).toThrow(/not closed/);
  });

  test.each(["", "   "])("an empty command is refused", (text) => {
    expect(() => splitCommand(text, "--exec")).toThrow(/--exec is empty/);
  });
});

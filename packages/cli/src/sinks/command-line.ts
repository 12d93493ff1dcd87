import { ConfigError } from "@dirsync/sdk";

/** Characters that mean something to a shell and nothing to us: taking them literally would be a silent surprise. */
const shellOnly = new Set(["|", "&", ";", "<", ">", "(", ")", "$", "`", "*", "?"]);

/**
 * Splits a command into program and arguments by the quoting rules of a POSIX shell, and nothing else of a shell.
 * @throws ConfigError for an empty command, an open quote, or a character that only a shell would understand.
 */
export function splitCommand(text: string, where: string): readonly [string, ...string[]] {
  const [program, ...rest] = wordsOf(text, where);
  if (program === undefined) throw new ConfigError(`${where} is empty.`, { where });
  return [program, ...rest];
}

function wordsOf(text: string, where: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quote === "'" && character !== "'") word = (word ?? "") + character;
    else if (quote !== null && character === quote) quote = null;
    else if (character === "\\") {
      index += 1;
      word = (word ?? "") + text.charAt(index);
    } else if (quote === '"') word = (word ?? "") + character;
    else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (shellOnly.has(character)) throw needsShell(character, where);
    else word = (word ?? "") + character;
  }
  if (quote !== null) throw new ConfigError(`${where} has a quote ${quote} that is not closed: ${text}`, { where });
  return word === null ? words : [...words, word];
}

function needsShell(character: string, where: string): ConfigError {
  return new ConfigError(
    `${where} runs without a shell, so ${character} has no meaning in it. Quote it, or write: sh -c '…'`,
    { where },
  );
}

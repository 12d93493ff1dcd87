import { InvalidArgumentError, Option } from "commander";

/** `--limit`, a count of things to show. Without it everything is listed, page by page. */
export function limitFlag(): Option {
  return new Option("--limit <count>", "stop after this many (default: no limit)").argParser((text: string) => {
    const count = Number(text);
    if (Number.isSafeInteger(count) && count > 0) return count;
    throw new InvalidArgumentError("A limit is a whole number from 1 up.");
  });
}

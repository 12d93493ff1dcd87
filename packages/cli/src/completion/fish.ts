import { type CommandNode, flatten, type OptionNode } from "./command-tree.ts";

/** A script for fish 3 and newer. */
export function fishScript(program: CommandNode): string {
  return `# fish completion of dirsync. Load it with: dirsync completion fish | source
function __dirsync_at
    set -l words (commandline -opc)
    set -e words[1]
    set -l path
    for word in $words
        string match -q -- '-*' $word; and continue
        set -a path $word
        contains -- "$path" ${flatten(program)
          .slice(1)
          .map(({ path }) => quoted(path.join(" ")))
          .join(" ")}; or set -e path[-1]
    end
    test "$path" = "$argv"
end
complete -c dirsync -f
${flatten(program).flatMap(linesOf).join("\n")}
`;
}

function linesOf({ path, options, commands, words }: CommandNode): readonly string[] {
  const here = `complete -c dirsync -n ${quoted(["__dirsync_at", ...path].join(" "))}`;
  return [
    ...commands.map(({ path: below, summary }) => `${here} -a ${below.at(-1) ?? ""} -d ${quoted(summary)}`),
    ...words.map((word) => `${here} -a ${word}`),
    ...options.map((option) => `${here} ${wordsOf(option)} -d ${quoted(option.summary)}`),
  ];
}

function wordsOf({ names, takes, words }: OptionNode): string {
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  if (takes === "nothing") return flags.join(" ");
  if (takes === "file") return `${flags.join(" ")} -r -F`;
  return `${flags.join(" ")} -x${words.length > 0 ? ` -a ${quoted(words.join(" "))}` : ""}`;
}

/** In fish, only the backslash and the quote mean something inside single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`)}'`;
}

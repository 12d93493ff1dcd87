import { type CommandNode, flatten } from "./command-tree.ts";

/** A script for bash 3.2 and newer. It only knows words, so completing starts no process. */
export function bashScript(program: CommandNode): string {
  const nodes = flatten(program);
  const paths = nodes.filter(({ path }) => path.length > 0).map(({ path }) => `/${path.join("/")}`);
  return `# bash completion of dirsync. Load it with: eval "$(dirsync completion bash)"
_dirsync() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path= words= index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    case $path/\${COMP_WORDS[index]} in
      ${paths.join("|")}) path=$path/\${COMP_WORDS[index]} ;;
    esac
  done
  case $path:$previous in
${nodes.flatMap(valueCases).join("\n")}
  esac
  case $path in
${nodes.map(wordCase).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _dirsync dirsync
`;
}

/** After an option with a value: its words, a file (bash's own completion), or nothing. */
function valueCases({ path, options }: CommandNode): readonly string[] {
  const place = path.map((word) => `/${word}`).join("");
  return options.flatMap(({ names, takes, words }) => {
    if (takes === "nothing") return [];
    const pattern = names.map((name) => `"${place}:${name}"`).join("|");
    if (words.length > 0)
      return [`    ${pattern}) COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$current")); return ;;`];
    return [
      takes === "file" ? `    ${pattern}) return ;;` : `    ${pattern}) compopt +o default 2>/dev/null; return ;;`,
    ];
  });
}

function wordCase({ path, options, commands, words: own }: CommandNode): string {
  const below = commands.map((child) => child.path.at(-1) ?? "");
  const words = [...below, ...own, ...options.flatMap(({ names }) => names)];
  return `    "${path.map((word) => `/${word}`).join("")}") words="${words.join(" ")}" ;;`;
}

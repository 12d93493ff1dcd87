import { type CommandNode, flatten, type OptionNode } from "./command-tree.ts";

/** A script for zsh 5 and newer: as a file `_dirsync` in `fpath`, or loaded with `eval`. */
export function zshScript(program: CommandNode): string {
  return `#compdef dirsync
# zsh completion of dirsync. Load it with: eval "$(dirsync completion zsh)"
${flatten(program).map(functionOf).join("\n")}
if [ "$funcstack[1]" = "_dirsync" ]; then
  _dirsync "$@"
else
  compdef _dirsync dirsync
fi
`;
}

function functionOf(node: CommandNode): string {
  const { commands, options, words } = node;
  const argument = words.length > 0 ? [quoted(`1:argument:(${words.join(" ")})`)] : [];
  const specs = [...options.flatMap(specsOf), ...argument].map((spec) => `    ${spec}`);
  if (commands.length === 0) return `${nameOf(node)}() {\n  _arguments -s \\\n${specs.join(" \\\n")}\n}`;
  const described = commands.map(({ path, summary }) =>
    quoted(`${path.at(-1) ?? ""}:${summary.replaceAll(":", "\\:")}`),
  );
  const branches = commands.map((child) => `        ${child.path.at(-1) ?? ""}) ${nameOf(child)} ;;`);
  return `${nameOf(node)}() {
  local context state state_descr line curcontext="$curcontext"
  typeset -A opt_args
  local -a commands
  _arguments -s -C \\
${specs.join(" \\\n")} \\
    '1: :->command' \\
    '*:: :->rest'
  case $state in
    command)
      commands=(${described.join(" ")})
      _describe command commands ;;
    rest)
      case $words[1] in
${branches.join("\n")}
      esac ;;
  esac
}`;
}

function specsOf({ names, summary, takes, words }: OptionNode): readonly string[] {
  const what = `[${summary.replaceAll(/[[\]:]/g, String.raw`\$&`)}]`;
  const value =
    takes === "nothing"
      ? ""
      : takes === "file"
        ? ":file:_files"
        : `:value:${words.length > 0 ? `(${words.join(" ")})` : ""}`;
  return names.map((name) => quoted(`*${name}${what}${value}`));
}

function nameOf({ path }: CommandNode): string {
  return ["_dirsync", ...path.map((word) => word.replaceAll("-", "_"))].join("_");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

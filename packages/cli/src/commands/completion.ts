import { Argument, Command } from "commander";
import { examples, type Register } from "./command.ts";

type Shell = "bash" | "zsh" | "fish";

/** `dirsync completion bash|zsh|fish`. */
export const registerCompletion: Register = (program, context, finish) => {
  const command = new Command("completion")
    .summary("print a script that completes commands and flags in a shell")
    .description("Prints a script that lets your shell complete commands, flags and their values.")
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      examples(
        ["bash, in ~/.bashrc", 'eval "$(dirsync completion bash)"'],
        ["zsh, in ~/.zshrc", 'eval "$(dirsync completion zsh)"'],
        ["fish", "dirsync completion fish > ~/.config/fish/completions/dirsync.fish"],
      ),
    )
    .action(async (shell: Shell) => {
      const { completion } = await import("../actions/completion.ts");
      finish(completion(shell, program, context));
    });
  program.addCommand(command);
};

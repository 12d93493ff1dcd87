// What `npm start` does: build what is needed, then run the demo with nothing between it and the terminal, so that
// Ctrl-C reaches the demo alone and it can tidy up.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const build = spawnSync(process.execPath, ["scripts/pnpm.mjs", "run", "build:js"], { cwd: root, stdio: "inherit" });
if (build.status !== 0) {
  console.error(
    '\nSetting up failed; the reason is above. README.md, "Two commands", says what is needed behind a firewall.',
  );
  process.exit(build.status ?? 1);
}

process.on("SIGINT", () => undefined);
const demo = spawn(process.execPath, ["packages/cli/bin/dirsync.js", "demo"], { cwd: root, stdio: "inherit" });
demo.on("exit", (code) => {
  if (code === 0) {
    console.log("\nTo go on with a service of your own, without installing anything:");
    const command = `${root}packages/cli/bin/dirsync.js`;
    // An alias is read twice by the shell: a path with a space in it needs quotes of its own.
    console.log(`  alias dirsync=${/^[\w./-]+$/u.test(command) ? command : `"'${command}'"`}`);
    console.log("  dirsync serve");
  }
  process.exit(code ?? 1);
});

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { defaultExportOf, loadModule } from "./load-module.ts";

test.each([
  [0o700, true],
  [0o777, false],
])(
  "compiled copies in a folder of mode %o, in which who can write could have their own code run, are used: %s",
  async (mode, isUsed) => {
    const folder = mkdtempSync(join(tmpdir(), "dirsync-cache-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [module, cacheFolder] = [join(folder, "handlers.ts"), join(folder, "cache")];
    writeFileSync(module, "export default { answer: 42 as number };");
    const load = async () => defaultExportOf(await loadModule(module, { what: "handler module", cacheFolder }));
    await load();
    const [copy = ""] = readdirSync(cacheFolder);
    writeFileSync(join(cacheFolder, copy), readFileSync(join(cacheFolder, copy), "utf8").replace("42", "6"));
    chmodSync(cacheFolder, mode);
    expect(await load()).toEqual({ answer: isUsed ? 6 : 42 });
  },
);

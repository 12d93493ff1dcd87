/** What whoever installs our packages gets from others, as it is installed here. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";

interface Manifest {
  readonly name: string;
  readonly license?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const own = ["sdk", "consumer", "server", "idp", "cli"].map((name) => join(root, "packages", name));
/** Run by npm when a package is installed, with the rights of whoever installs it. */
const installScripts = ["preinstall", "install", "postinstall", "prepare"];

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/** Every package that is needed at run time, by its name; ours are among them. */
function closure(): ReadonlyMap<string, Manifest> {
  const found = new Map<string, Manifest>();
  const waiting = own.map((folder) => realpathSync(folder));
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const manifest = manifestOf(folder);
    const key = realpathSync(folder);
    if (found.has(key)) continue;
    found.set(key, manifest);
    const from = folder;
    const needed = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    waiting.push(...needed.map((name) => folderOf(name, from)));
  }
  return found;
}

/** Where Node finds a package from a folder. */
function folderOf(name: string, from: string): string {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(candidate)) return realpathSync(candidate);
  }
  throw new Error(`${name} is not installed, which ${from} needs.`);
}

const installed = [...closure().values()];

test("one package of all that are installed runs a script when it is: the one that is built for the machine", () => {
  expect(installed.length).toBeGreaterThan(40);
  const running = installed.filter(({ scripts = {} }) =>
    ["preinstall", "install", "postinstall"].some((script) => script in scripts),
  );
  expect(running.map(({ name }) => name)).toEqual(["better-sqlite3"]);
});

test("ours run none, and have few packages of others", () => {
  for (const folder of own) {
    const { scripts = {}, dependencies = {} } = manifestOf(folder);
    expect(installScripts.filter((script) => script in scripts)).toEqual([]);
    const others = Object.keys(dependencies).filter((name) => !name.startsWith("@dirsync/"));
    expect(others.length).toBeLessThanOrEqual(folder.endsWith("cli") ? 6 : 5);
  }
});

test("every licence lets whoever has an app use it in one", () => {
  const free = /^\(?(?:MIT|ISC|Apache-2\.0|BSD-[23]-Clause)\b/;
  expect(installed.filter(({ license = "" }) => !free.test(license)).map(({ name }) => name)).toEqual([]);
});

test("every package is pinned by its content, and CI takes those and no others", () => {
  const { packages } = parse(read("pnpm-lock.yaml")) as {
    packages: Readonly<Record<string, { readonly resolution: { readonly integrity?: string } }>>;
  };
  const unpinned = Object.entries(packages).filter(
    ([, { resolution }]) => resolution.integrity?.startsWith("sha512-") !== true,
  );
  expect(Object.keys(packages).length).toBeGreaterThan(100);
  expect(unpinned.map(([name]) => name)).toEqual([]);
  expect(read(".ci/run")).toContain("install --frozen-lockfile");
  expect((JSON.parse(read("package.json")) as { packageManager: string }).packageManager).toMatch(/\+sha512\./);
  const { allowBuilds } = parse(read("pnpm-workspace.yaml")) as { allowBuilds: Readonly<Record<string, boolean>> };
  expect(Object.keys(allowBuilds)).toEqual(["better-sqlite3", "esbuild"]);
});

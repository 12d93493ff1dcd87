import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "yaml";
import { writeTree } from "./tree.ts";

/** The checkout. */
export const repository = fileURLToPath(new URL("../..", import.meta.url));

/** A package as it would be published. */
export interface PackedPackage {
  /** For example `@dirsync/sdk`. */
  readonly name: string;
  readonly version: string;
  readonly tarball: string;
  /** The unpacked tarball. */
  readonly folder: string;
  /** Paths in it. */
  readonly files: readonly string[];
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** An app far from the repository, with our packages installed from their tarballs. */
export interface InstalledApp {
  readonly folder: string;
  readonly packages: readonly PackedPackage[];
  remove(): void;
}

/** What the app needs. */
export interface AppNeeds {
  /** Packages of ours. */
  readonly packages: readonly string[];
  /** Packages of others, by name, with their versions. */
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Packs packages of the workspace, with those they need, and installs them into an empty folder, as a user would. */
export async function installApp({ packages: needed, devDependencies }: AppNeeds): Promise<InstalledApp> {
  const root = mkdtempSync(join(tmpdir(), "dirsync-packed-"));
  await pnpm(repository, ...needed.flatMap((name) => ["--filter", `${name}...`]), "pack", "--pack-destination", root);
  const tarballs = readdirSync(root).filter((name) => name.endsWith(".tgz"));
  const packages = await Promise.all(tarballs.map((name) => unpack(join(root, name))));
  const folder = join(root, "app");
  const sources = Object.fromEntries(packages.map(({ name, tarball }) => [name, `file:${tarball}`]));
  writeTree(folder, {
    "package.json": {
      name: "app",
      private: true,
      type: "module",
      dependencies: Object.fromEntries(needed.map((name) => [name, sources[name]])),
      devDependencies: { "@types/node": "^20.19.0", ...devDependencies },
    },
    // Our packages name each other by version, and no registry has these versions yet. JSON is YAML.
    "pnpm-workspace.yaml": {
      overrides: { ...lockedWith("better-sqlite3"), ...sources },
      allowBuilds: { "better-sqlite3": true, bun: true, deno: true, workerd: true },
    },
  });
  // pnpm keeps what it has compiled once; npm would compile SQLite anew for a minute and a half of one processor.
  await pnpm(folder, "install", "--prefer-offline");
  return { folder, packages, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/**
 * A package of others and all that it needs, in the versions of our lockfile. What has been compiled for the workspace serves an
 * app only where even the tools are the same that its installation calls, and a registry has newer ones every few days.
 */
function lockedWith(name: string): Readonly<Record<string, string>> {
  const lockfile = parse(readFileSync(join(repository, "pnpm-lock.yaml"), "utf8")) as Lockfile;
  const versions = new Map<string, string>();
  const add = (added: string, version: string): void => {
    if (versions.has(added)) return;
    versions.set(added, version);
    for (const needed of Object.entries(lockfile.snapshots[`${added}@${version}`]?.dependencies ?? {})) add(...needed);
  };
  for (const { dependencies } of Object.values(lockfile.importers)) {
    const version = dependencies?.[name]?.version;
    if (version !== undefined) add(name, version);
  }
  return Object.fromEntries(versions);
}

interface Lockfile {
  readonly importers: Readonly<
    Record<string, { readonly dependencies?: Readonly<Record<string, { readonly version: string }>> }>
  >;
  readonly snapshots: Readonly<Record<string, { readonly dependencies?: Readonly<Record<string, string>> }>>;
}

/** Where SQLite has to be compiled, on a machine that runs other tests besides. */
const installMsMax = 15 * 60_000;

async function pnpm(folder: string, ...args: readonly string[]): Promise<void> {
  // What the registry is read through may have a certificate of its own; scripts/machine-certificates.mjs keeps these from all others.
  const { MACHINE_CA_CERTS: certificates } = process.env;
  const environment = certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates };
  await runToEnd([process.execPath, join(repository, "scripts/pnpm.mjs"), ...args], folder, environment);
}

/**
 * Runs a program to its end and returns what it wrote to standard output; rejects with everything when it fails.
 * `environment` goes on top of our own.
 */
export async function runToEnd(
  command: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [program = "", ...args] = command;
  const env = { ...process.env, ...environment };
  try {
    return (await promisify(execFile)(program, args, { cwd: folder, env, timeout: installMsMax })).stdout;
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    throw new Error(`${command.join(" ")} ended with ${String(code)}:\n${stdout}\n${stderr}`, { cause: error });
  }
}

async function unpack(tarball: string): Promise<PackedPackage> {
  const parent = tarball.replace(/\.tgz$/, "");
  mkdirSync(parent);
  await runToEnd(["tar", "xzf", tarball, "-C", parent], parent);
  const folder = join(parent, "package");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, unknown>;
  return { name: String(manifest["name"]), version: String(manifest["version"]), tarball, folder, files, manifest };
}

/**
 * Makes effects visible: what is written to files, SQLite databases, sockets, or done by starting a process. Node's own
 * functions are replaced by ones that tell the watch before and after; whatever library a handler uses ends in them.
 */
import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import { basename } from "node:path";
import type { Effect, Watch } from "./watch.ts";

/** Functions that write, with their promise and callback forms, by what they are called on `fs`. */
const writers = ["writeFile", "appendFile", "rename", "rm", "unlink", "copyFile", "truncate", "link", "symlink"];

/** Watches everything in this process from now on. Called before the handlers are loaded. */
export function watchEffects(watch: Watch): void {
  for (const name of writers) {
    replace(fs, `${name}Sync`, synchronous(watch, describeFile(name)));
    replace(fs, name, withCallback(watch, describeFile(name)));
    replace(fs.promises, name, promised(watch, describeFile(name)));
  }
  replace(fs, "writeSync", synchronous(watch, describeDescriptor));
  replace(fs, "write", withCallback(watch, describeDescriptor));
  for (const name of ["spawnSync", "execSync", "execFileSync"]) {
    replace(
      childProcess,
      name,
      synchronous(watch, ([program]) => `runs ${shown(program)}`),
    );
  }
  replace(
    childProcess.ChildProcess.prototype,
    "spawn",
    synchronous(watch, ([options]) => `starts ${programOf(options)}`),
  );
  watchSockets(watch);
  watchDatabases(watch);
  syncBuiltinESMExports();
}

type Call = (this: unknown, ...given: unknown[]) => unknown;
type Wrap = (original: Call) => Call;
type Describe = (given: readonly unknown[], self: unknown) => string | null;

function replace(target: object, name: string, wrap: Wrap): void {
  const original: unknown = Reflect.get(target, name);
  if (typeof original !== "function") return;
  const replacement = wrap(original as Call);
  // What hangs on a function, such as its promise form, stays there.
  Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
  Object.defineProperty(target, name, { value: replacement, writable: true, configurable: true, enumerable: true });
}

function synchronous(watch: Watch, describe: Describe): Wrap {
  return (original) =>
    function replaced(...given) {
      const effect = begin(watch, describe(given, this));
      if (effect?.isRefused === true) throw refusal();
      const result = original.apply(this, given);
      if (effect !== null) watch.happened(effect);
      return result;
    };
}

function promised(watch: Watch, describe: Describe): Wrap {
  return (original) =>
    async function replaced(...given) {
      const effect = begin(watch, describe(given, this));
      if (effect?.isRefused === true) throw refusal();
      const result: unknown = await original.apply(this, given);
      if (effect !== null) watch.happened(effect);
      return result;
    };
}

function withCallback(watch: Watch, describe: Describe): Wrap {
  return (original) =>
    function replaced(...given) {
      const callback = given.at(-1);
      const effect = typeof callback === "function" ? begin(watch, describe(given, this)) : null;
      if (effect === null) return original.apply(this, given);
      const answer = callback as Call;
      if (effect.isRefused) return process.nextTick(answer, refusal());
      const told: Call = (...results) => {
        watch.happened(effect);
        return answer(...results);
      };
      return original.apply(this, [...given.slice(0, -1), told]);
    };
}

function begin(watch: Watch, name: string | null): Effect | null {
  return name === null ? null : watch.begins(name);
}

function refusal(): Error {
  return Object.assign(new Error("EIO: the write failed (injected by dirsync torture)"), { code: "EIO", errno: -5 });
}

function describeFile(name: string): Describe {
  return ([path]) => `${name} ${typeof path === "string" || path instanceof URL ? basename(String(path)) : "a file"}`;
}

/** What a handler prints changes nothing in the app, and `console` survives a write that fails as this one would. */
function describeDescriptor([descriptor]: readonly unknown[]): string | null {
  return descriptor === 1 || descriptor === 2 ? null : "writes to an open file";
}

function watchSockets(watch: Watch): void {
  const standard: readonly unknown[] = [process.stdout, process.stderr];
  const describe: Describe = (_given, self) => {
    if (standard.includes(self) || !(self instanceof net.Socket)) return null;
    return `sends to ${self.remoteAddress ?? "a socket"}:${self.remotePort ?? "?"}`;
  };
  replace(
    net.Socket.prototype,
    "write",
    (original) =>
      function replaced(...given) {
        const effect = begin(watch, describe(given, this));
        if (effect?.isRefused === true && this instanceof net.Socket) {
          this.destroy(
            Object.assign(new Error("read ECONNRESET (injected by dirsync torture)"), { code: "ECONNRESET" }),
          );
          return false;
        }
        const result = original.apply(this, given);
        if (effect !== null) watch.happened(effect);
        return result;
      },
  );
}

/** better-sqlite3 writes from native code, which is met where Node loads it. */
function watchDatabases(watch: Watch): void {
  replace(
    process,
    "dlopen",
    (original) =>
      function replaced(...given) {
        const result = original.apply(this, given);
        const [module] = given as [{ readonly exports: Readonly<Record<string, unknown>> }];
        const { Statement, Database } = module.exports;
        if (!isClass(Statement) || !isClass(Database)) return result;
        for (const name of ["run", "get", "all"]) {
          replace(
            Statement.prototype,
            name,
            synchronous(watch, (_given, self) => describeStatement(self)),
          );
        }
        replace(
          Database.prototype,
          "exec",
          synchronous(watch, ([sql]) => shown(sql)),
        );
        return result;
      },
  );
}

/** Reads are none, and what begins a transaction is none yet. */
function describeStatement(self: unknown): string | null {
  const { source, readonly } = self as { readonly source?: unknown; readonly readonly?: unknown };
  if (typeof source !== "string") return null;
  return readonly === true && !/^\s*(?:commit|release)/i.test(source) ? null : source;
}

function isClass(value: unknown): value is { readonly prototype: object } {
  return typeof value === "function" && typeof value.prototype === "object";
}

function programOf(options: unknown): string {
  return typeof options === "object" && options !== null && "file" in options ? shown(options.file) : "a process";
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : "something";
}

import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Handlers } from "@dirsync/consumer";
import { ConfigError, isKnownEventName, knownEventNames } from "@dirsync/sdk";
import { isObject, loadModule } from "../load-module.ts";

const where = "--handlers";

/**
 * Loads a TypeScript or JavaScript module and takes its default export, or its export `handlers`, as handlers.
 * @throws ConfigError when it cannot be loaded or exports something else.
 */
export async function loadHandlers(file: string, cacheFolder: string | false): Promise<Handlers> {
  return (await loadHandlerModule(file, cacheFolder)).handlers;
}

/** A handler module, with what it exports for `dirsync torture`. */
export interface HandlerModule {
  readonly handlers: Handlers;
  /** Its export `torture`, not looked at yet. */
  readonly exported: unknown;
}

/**
 * Loads a handler module as `loadHandlers` does.
 * @throws ConfigError when it cannot be loaded or exports something else.
 */
export async function loadHandlerModule(file: string, cacheFolder: string | false): Promise<HandlerModule> {
  const path = resolve(file);
  if (!existsSync(path)) throw new ConfigError(`There is no handler module at ${path}.`, { where });
  // Whoever can write to the module can run code with our key; that must not be everybody on the machine.
  if ((statSync(path).mode & 0o002) !== 0) {
    throw new ConfigError(`${path} can be changed by everybody. Run: chmod o-w ${path}`, { where });
  }
  const module = await loadModule(path, { what: "handler module", cacheFolder });
  return { handlers: check(module, path), exported: isObject(module) ? module["torture"] : undefined };
}

function check(module: unknown, path: string): Handlers {
  const exported = exportOf(module);
  if (!isObject(exported)) {
    throw new ConfigError(`${path} must export an object of handlers, as its default export or as \`handlers\`.`, {
      where,
    });
  }
  const names = Object.keys(exported);
  if (names.length === 0) throw new ConfigError(`${path} exports no handler.`, { where });
  for (const name of names) {
    if (name !== "*" && !isKnownEventName(name)) {
      throw new ConfigError(
        `${path} has a handler for "${name}", which is no event. Events: ${knownEventNames.join(", ")}, and "*".`,
        {
          where,
        },
      );
    }
    if (typeof exported[name] !== "function") {
      throw new ConfigError(`${path}: the handler for ${name} is not a function.`, { where });
    }
  }
  return exported as Handlers;
}

function exportOf(module: unknown): unknown {
  if (!isObject(module)) return undefined;
  // The loader answers for a default export that does not exist with the whole module; only `in` tells.
  if (!("default" in module)) return module["handlers"];
  const exported = module["default"];
  if (!isObject(exported)) return exported;
  // A CommonJS module carries what it exports by name one level down.
  return [exported["default"], exported["handlers"]].find(isObject) ?? exported;
}

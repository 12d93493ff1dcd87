/**
 * Where a request may go. A name is resolved by us and only the addresses that may be reached are handed to the socket,
 * so that what was checked is what is connected to, however often the name changes its mind.
 */
import type { LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { ConfigError, DirsyncError } from "@dirsync/sdk";
import { addressKind, isInRange, isRange } from "./address.ts";

/** Which targets are allowed. The default is for a URL that the operator wrote. */
export interface TargetGuard {
  /** Addresses and ranges that may be reached although they are not public, such as `10.0.0.0/8`. Default none. */
  readonly allow?: readonly string[];
  /**
   * True to allow this machine, if the URL says so in plain words: `127.0.0.1`, `[::1]` or `localhost`, also without
   * TLS. Default true. A name that only turns out to be this machine is refused all the same.
   */
  readonly loopback?: boolean;
  /** Ports that may be used. Default all. */
  readonly ports?: readonly number[];
  /** True to allow `http:` to other machines, where whoever is on the way reads and changes events. Default false. */
  readonly insecureHttp?: boolean;
}

/** A URL that may be requested, with the lookup that keeps it so. */
export interface Target {
  readonly url: string;
  readonly lookup: LookupFunction;
}

/** Code of an error about a name that leads where it must not. */
export const refusedCode = "address_refused";

const where = "url";

/**
 * Checks everything about a target that can be known without resolving it.
 * @throws ConfigError
 */
export function checkTarget(text: string, guard: TargetGuard, resolve: LookupFunction): Target {
  const ranges = guard.allow ?? [];
  const wrong = ranges.find((range) => !isRange(range));
  if (wrong !== undefined) {
    throw new ConfigError(`"${wrong}" is no address and no range such as 10.0.0.0/8.`, { where: "allow" });
  }
  const url = parse(text);
  const isLoopback = guard.loopback !== false && saysLoopback(text);
  const isAllowed = (address: string): boolean => {
    const kind = addressKind(address);
    return (
      kind === "public" || (isLoopback && kind === "loopback") || ranges.some((range) => isInRange(address, range))
    );
  };
  checkScheme(url, isLoopback || guard.insecureHttp === true);
  checkPort(url, guard.ports);
  checkHost(url, isAllowed);
  return { url: url.href, lookup: guarded(resolve, isAllowed) };
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    // Not repeated: what is no URL may be a secret in the wrong place.
    throw new ConfigError("The address to forward to is not an http or https URL.", { where });
  }
  if (url.username !== "" || url.password !== "") {
    throw new ConfigError("The address to forward to must not contain a user name or a password.", { where });
  }
  url.hash = "";
  return url;
}

/** As it was written: 0x7f.1 and 2130706433 are this machine as well, and nobody means well who writes that. */
function saysLoopback(text: string): boolean {
  return /^https?:\/\/(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)(?::\d+)?(?:[/?#]|$)/i.test(text);
}

function checkScheme({ protocol, host }: URL, isHttpAllowed: boolean): void {
  if (protocol === "https:" || isHttpAllowed) return;
  throw new ConfigError(`Events would go to ${host} without TLS. Use https, or allow it with insecureHttp.`, {
    where: "insecureHttp",
  });
}

function checkPort({ protocol, port }: URL, ports: readonly number[] | undefined): void {
  const used = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
  if (ports === undefined || ports.includes(used)) return;
  throw new ConfigError(`Port ${used} is not allowed; allowed are ${ports.join(", ")}.`, { where });
}

/** A literal address is never looked up, so that it has to be checked here. */
function checkHost({ hostname }: URL, isAllowed: (address: string) => boolean): void {
  const address = hostname.replace(/^\[|\]$/g, "");
  if (isIP(address) === 0 || isAllowed(address)) return;
  const kind = addressKind(address).replace("_", "-");
  throw new ConfigError(`${address} is a ${kind} address. If events may go there, add it to allow.`, {
    where: "allow",
  });
}

function guarded(resolve: LookupFunction, isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const addresses = found as LookupAddress[];
      const allowed = addresses.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (first === undefined) callback(refusal(hostname, addresses), []);
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function refusal(hostname: string, addresses: readonly LookupAddress[]): DirsyncError {
  const kinds = addresses.map(({ address }) => `${address} (${addressKind(address).replace("_", "-")})`).join(", ");
  const message = `${hostname} leads to ${kinds === "" ? "no address" : kinds}, which is not allowed.`;
  return new DirsyncError(message, { code: refusedCode, retryable: true });
}

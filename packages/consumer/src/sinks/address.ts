/**
 * What an IP address is for, so that a request which somebody else chose the target of does not reach what only we can
 * reach. After RFC 6890 and the registries of special-purpose addresses that it describes. Pure: names are for whoever
 * resolves them.
 */
import { isIPv4, isIPv6 } from "node:net";

/** `public` is the only kind that leads to the internet and nowhere else. */
export type AddressKind =
  | "public"
  | "loopback"
  | "private"
  | "link_local"
  | "carrier_nat"
  | "multicast"
  | "translated"
  | "reserved";

type Range = readonly [range: string, kind: AddressKind];

const rangesV4: readonly Range[] = [
  ["0.0.0.0/8", "reserved"],
  ["10.0.0.0/8", "private"],
  ["100.64.0.0/10", "carrier_nat"],
  ["127.0.0.0/8", "loopback"],
  // Where clouds keep the credentials of a machine (169.254.169.254).
  ["169.254.0.0/16", "link_local"],
  // The same of Azure, at an address that looks public (its manual: "What is IP address 168.63.129.16?").
  ["168.63.129.16/32", "link_local"],
  ["172.16.0.0/12", "private"],
  ["192.0.0.0/24", "reserved"],
  ["192.0.2.0/24", "reserved"],
  ["192.88.99.0/24", "translated"],
  ["192.168.0.0/16", "private"],
  ["198.18.0.0/15", "reserved"],
  ["198.51.100.0/24", "reserved"],
  ["203.0.113.0/24", "reserved"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
];

/** The first that fits counts. Those that carry an IPv4 address inside lead wherever that leads, or further. */
const rangesV6: readonly Range[] = [
  ["::1/128", "loopback"],
  ["::/128", "reserved"],
  ["::ffff:0:0/96", "translated"],
  ["::ffff:0:0:0/96", "translated"],
  ["::/96", "translated"],
  ["64:ff9b::/96", "translated"],
  ["64:ff9b:1::/48", "translated"],
  ["2002::/16", "translated"],
  ["2001::/32", "translated"],
  ["2001::/23", "reserved"],
  ["2001:db8::/32", "reserved"],
  ["3fff::/20", "reserved"],
  ["fc00::/7", "private"],
  ["fe80::/10", "link_local"],
  ["fec0::/10", "private"],
  ["ff00::/8", "multicast"],
  // Global unicast; what lies outside is not given out.
  ["2000::/3", "public"],
];

/** What an address is for; `reserved` for a text that is no address in the usual spelling. */
export function addressKind(address: string): AddressKind {
  if (isIPv4(address)) return rangesV4.find(([range]) => isInRange(address, range))?.[1] ?? "public";
  return rangesV6.find(([range]) => isInRange(address, range))?.[1] ?? "reserved";
}

/** True when the address lies in `range`, an address with or without `/bits` behind it. */
export function isInRange(address: string, range: string): boolean {
  const [first = "", length] = range.split("/");
  const prefix = bitsOf(first);
  const bits = bitsOf(address);
  if (prefix === null || bits?.length !== prefix.length) return false;
  return bits.startsWith(prefix.slice(0, length === undefined ? prefix.length : Number(length)));
}

/** True for an address, or an address with `/` and how many of its bits count. */
export function isRange(text: string): boolean {
  const [first = "", length, rest] = text.split("/");
  const bits = bitsOf(first);
  if (bits === null || rest !== undefined) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits.length);
}

function bitsOf(address: string): string | null {
  if (isIPv4(address)) return joinBits(address.split(".").map(Number), 8);
  // A zone behind % names one of our interfaces, and says nothing of the address.
  const [plain = ""] = address.split("%");
  if (!isIPv6(plain)) return null;
  const [head = "", tail] = withoutDots(plain).split("::");
  const [before, after] = [groupsOf(head), groupsOf(tail ?? "")];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return joinBits([...before, ...zeros, ...after], 16);
}

/** The last 32 bits may be written as an IPv4 address. */
function withoutDots(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
}

function groupsOf(text: string): readonly number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

function joinBits(numbers: readonly number[], width: number): string {
  return numbers.map((number) => number.toString(2).padStart(width, "0")).join("");
}

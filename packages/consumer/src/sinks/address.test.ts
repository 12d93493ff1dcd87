import { describe, expect, test } from "vitest";
import { addressKind, isInRange, isRange } from "./address.ts";

describe("an address is", () => {
  test.each([
    // First and last of each range, and their neighbours outside.
    ["0.0.0.0", "reserved"],
    ["0.255.255.255", "reserved"],
    ["1.0.0.0", "public"],
    ["9.255.255.255", "public"],
    ["10.0.0.0", "private"],
    ["10.255.255.255", "private"],
    ["11.0.0.0", "public"],
    ["100.63.255.255", "public"],
    ["100.64.0.0", "carrier_nat"],
    ["100.100.100.200", "carrier_nat"],
    ["100.127.255.255", "carrier_nat"],
    ["100.128.0.0", "public"],
    ["126.255.255.255", "public"],
    ["127.0.0.0", "loopback"],
    ["127.255.255.255", "loopback"],
    ["128.0.0.0", "public"],
    ["168.63.129.15", "public"],
    ["168.63.129.16", "link_local"],
    ["169.253.255.255", "public"],
    ["169.254.169.254", "link_local"],
    ["169.255.0.0", "public"],
    ["172.15.255.255", "public"],
    ["172.16.0.0", "private"],
    ["172.31.255.255", "private"],
    ["172.32.0.0", "public"],
    ["192.0.0.192", "reserved"],
    ["192.0.1.0", "public"],
    ["192.0.2.1", "reserved"],
    ["192.88.99.1", "translated"],
    ["192.167.255.255", "public"],
    ["192.168.0.0", "private"],
    ["192.169.0.0", "public"],
    ["198.17.255.255", "public"],
    ["198.19.255.255", "reserved"],
    ["198.51.100.1", "reserved"],
    ["203.0.113.1", "reserved"],
    ["223.255.255.255", "public"],
    ["224.0.0.1", "multicast"],
    ["239.255.255.255", "multicast"],
    ["240.0.0.0", "reserved"],
    ["255.255.255.255", "reserved"],
    ["::", "reserved"],
    ["::1", "loopback"],
    ["0:0:0:0:0:0:0:1", "loopback"],
    ["::2", "translated"],
    ["::127.0.0.1", "translated"],
    ["::ffff:127.0.0.1", "translated"],
    ["::ffff:8.8.8.8", "translated"],
    ["::ffff:7f00:1", "translated"],
    ["::ffff:0:a9fe:a9fe", "translated"],
    ["64:ff9b::a9fe:a9fe", "translated"],
    ["64:ff9b::169.254.169.254", "translated"],
    ["64:ff9b:1::1", "translated"],
    ["64:ff9b:2::1", "reserved"],
    ["100::1", "reserved"],
    ["2001::1", "translated"],
    ["2001:1::1", "reserved"],
    ["2001:200::1", "public"],
    ["2001:db8::1", "reserved"],
    ["2002:7f00:1::", "translated"],
    ["2600:1f18::1", "public"],
    ["3fff::1", "reserved"],
    ["3fff:1000::1", "public"],
    ["4000::1", "reserved"],
    ["5f00::1", "reserved"],
    ["fc00::1", "private"],
    ["fd00:ec2::254", "private"],
    ["fe80::1", "link_local"],
    ["fe80::1%eth0", "link_local"],
    ["febf::1", "link_local"],
    ["fec0::1", "private"],
    ["ff02::1", "multicast"],
    ["FE80::1", "link_local"],
  ])("%s: %s", (address, kind) => {
    expect(addressKind(address)).toBe(kind);
  });
});

test.each([
  "",
  "localhost",
  "127.1",
  "0x7f000001",
  "2130706433",
  "0177.0.0.1",
  "127.0.0.1.",
  "[::1]",
  "::g",
  "1.2.3.4.5",
  "::1::",
])("what is no plain address is never public: %j", (text) => {
  expect(addressKind(text)).toBe("reserved");
});

describe("a range", () => {
  test.each([
    ["10.0.0.0/8", true],
    ["10.1.2.3", true],
    ["::1", true],
    ["fd00::/8", true],
    ["0.0.0.0/0", true],
    ["10.0.0.0/33", false],
    ["fd00::/129", false],
    ["10.0.0.0/", false],
    ["10.0.0.0/8/8", false],
    ["10.0.0.0/-1", false],
    ["example.com", false],
    ["10.0.0/8", false],
    ["", false],
  ])("%s: %s", (text, isOne) => {
    expect(isRange(text)).toBe(isOne);
  });

  test.each([
    ["10.1.2.3", "10.0.0.0/8", true],
    ["11.1.2.3", "10.0.0.0/8", false],
    ["10.1.2.3", "10.1.2.3", true],
    ["10.1.2.4", "10.1.2.3", false],
    ["10.1.2.3", "0.0.0.0/0", true],
    ["::1", "0.0.0.0/0", false],
    ["::ffff:10.1.2.3", "10.0.0.0/8", false],
    ["fd12::1", "fd00::/8", true],
  ])("%s in %s: %s", (address, range, isIn) => {
    expect(isInRange(address, range)).toBe(isIn);
  });
});

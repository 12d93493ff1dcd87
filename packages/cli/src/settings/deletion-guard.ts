import type { DeletionLimit } from "@dirsync/consumer";
import { duration, type Kind, type Reading } from "./kinds.ts";

/** How many people of a directory may lose access within a time. */
export interface DeletionGuard {
  readonly limit: DeletionLimit;
  readonly windowMs: number;
}

const example = "deletes>10%/10m or deletes>200/1h";
const window = duration({ minMs: 1_000, maxMs: 7 * 86_400_000 });

/** `deletes>10%/10m`: a share of a directory, or a number of people, and the time. */
export const deletionGuard: Kind<DeletionGuard, string> = {
  placeholder: "rule",
  typeInFile: "string",
  read: (given) => {
    const [, amount, percent, time] = /^deletes\s*>\s*(\d{1,7})(%?)\s*\/\s*(\w+)$/.exec(String(given).trim()) ?? [];
    if (amount === undefined || time === undefined) return { mistake: `is no rule such as ${example}` };
    const limit = limitOf(Number(amount), percent === "%");
    if ("mistake" in limit) return limit;
    const reading = window.read(time);
    return "mistake" in reading ? reading : { value: { limit: limit.value, windowMs: reading.value } };
  },
  show: ({ limit, windowMs }) => {
    const amount = "share" in limit ? `${Math.round(limit.share * 100)}%` : String(limit.people);
    return `deletes>${amount}/${window.show(windowMs)}`;
  },
};

function limitOf(amount: number, isShare: boolean): Reading<DeletionLimit> {
  if (!isShare) return { value: { people: amount } };
  if (amount >= 1 && amount <= 100) return { value: { share: amount / 100 } };
  return { mistake: `needs a share from 1% to 100%, not ${amount}%` };
}

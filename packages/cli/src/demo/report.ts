import type { Output } from "../output.ts";
import type { Account } from "./app.ts";
import type { Company } from "./companies.ts";
import type { Evidence } from "./evidence.ts";

/** What the demo ends with. */
export interface DemoResult {
  readonly companies: readonly Company[];
  readonly accounts: readonly Account[];
  readonly evidence: readonly Evidence[];
  /** E-mail addresses of those who left. */
  readonly leavers: readonly string[];
  readonly tookMs: number;
}

/** True when the app followed: nothing lost, nothing out of order, and exactly those who left are without access. */
export function hasFollowed({ accounts, evidence, leavers }: DemoResult): boolean {
  const isShutOut = ({ access, opensDoors }: Account): boolean => access === "none" && !opensDoors;
  return (
    evidence.every(({ lost, outOfOrder }) => lost === 0 && outOfOrder === 0) &&
    leavers.every((email) => accounts.some((account) => account.email === email)) &&
    accounts.every((account) => isShutOut(account) === leavers.includes(account.email))
  );
}

/** Shows who has access, and what was sent against what arrived. */
export function showResult(result: DemoResult, output: Output): void {
  const company = new Map(result.companies.map(({ directoryId, name }) => [directoryId, name]));
  output.line();
  output.line(output.style("bold", "Who has access to the app now"));
  output.table(result.accounts, [
    { heading: "PERSON", cell: (account) => account.name },
    { heading: "COMPANY", cell: (account) => company.get(account.directoryId) },
    { heading: "JOB", cell: (account) => account.job },
    { heading: "ACCESS", cell: (account) => (account.access === "full" ? "full" : "NONE: left") },
    { heading: "DOOR BADGE", cell: (account) => (account.opensDoors ? "opens doors" : "off") },
    { heading: "TEAMS", cell: ({ access, teams }) => (access === "full" ? teams : null) },
  ]);
  output.line();
  output.line(output.style("bold", "What was sent, and what arrived"));
  for (const { name, providerName, sent } of result.companies) {
    output.line(`  ${name}'s ${providerName} sent ${sent()} SCIM requests.`);
  }
  output.table(result.evidence, [
    {
      heading: "RECEIVER",
      cell: ({ receiver }) => (receiver === "accounts" ? "accounts (handlers.ts)" : "badges (hook.sh)"),
    },
    { heading: "IN LOG", cell: ({ events }) => events, align: "right" },
    { heading: "ARRIVED", cell: ({ events, lost }) => events - lost, align: "right" },
    { heading: "LOST", cell: ({ lost }) => lost, align: "right" },
    { heading: "REORDERED", cell: ({ outOfOrder }) => outOfOrder, align: "right" },
    { heading: "TWICE", cell: ({ duplicates }) => duplicates, align: "right" },
    { heading: "LAG", cell: ({ medianLagMs }) => seconds(medianLagMs), align: "right" },
    { heading: "LONGEST", cell: ({ longestLagMs }) => seconds(longestLagMs), align: "right" },
  ]);
  output.line(output.style("dim", "  The longest lag includes the time the consumer was dead."));
  output.line(output.style("dim", "  After a kill an event may come twice; none is lost."));
}

/** The same for programs. */
export function toJson(result: DemoResult): unknown {
  return {
    followed: hasFollowed(result),
    took_ms: result.tookMs,
    companies: result.companies.map(({ name, providerName, directoryId, sent }) => ({
      name,
      provider: providerName,
      directory_id: directoryId,
      scim_requests: sent(),
    })),
    accounts: result.accounts.map(({ name, email, job, access, opensDoors, teams, directoryId }) => ({
      name,
      email,
      directory_id: directoryId,
      job,
      access,
      opens_doors: opensDoors,
      teams,
    })),
    receivers: result.evidence.map((evidence) => ({
      name: evidence.receiver,
      events: evidence.events,
      arrivals: evidence.arrivals,
      lost: evidence.lost,
      out_of_order: evidence.outOfOrder,
      duplicates: evidence.duplicates,
      median_lag_ms: evidence.medianLagMs,
      longest_lag_ms: evidence.longestLagMs,
    })),
  };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

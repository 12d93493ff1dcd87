import { type Account, type AccountedEvent, openMirror, type SinkAnswer } from "@dirsync/consumer";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput, type Output } from "../output.ts";
import { stateFileOf } from "../settings/access.ts";
import { type ConfigFlags, loadConfiguration } from "../settings/load.ts";
import { isoOf } from "./gaps.ts";
import { printableInline } from "../ui/printable.ts";
import { given } from "./listing.ts";

/** Flags of `dirsync why`. */
export interface WhyFlags extends ConfigFlags {
  readonly group?: string;
  readonly json: boolean;
}

/** Tells why a user is what it is. */
export async function why(user: string, flags: WhyFlags, context: Context): Promise<number> {
  const { group, ...settings } = flags;
  const mirror = await openMirror(stateFileOf(await loadConfiguration(settings, context)));
  try {
    const accounts = await mirror.why(user, given({ group }));
    const output = createOutput(context, flags.json);
    if (accounts.length === 0) {
      output.line(
        `The state file has no event about ${user}. An address counts as the service writes it, in either case.`,
      );
      return exitCodes.findings;
    }
    for (const [index, account] of accounts.entries()) {
      if (flags.json) output.json(toJson(account));
      else tell(account, { output, isFirst: index === 0, group });
    }
    return exitCodes.done;
  } finally {
    await mirror.close();
  }
}

interface Telling {
  readonly output: Output;
  readonly isFirst: boolean;
  readonly group: string | undefined;
}

function tell(account: Account, { output, isFirst, group }: Telling): void {
  if (!isFirst) output.line();
  output.line(headlineOf(account));
  for (const { groupId, groupName, isMember } of account.memberships) {
    const name = groupName === null ? groupId : `${printableInline(groupName)} (${groupId})`;
    output.line(`${isMember ? "in" : "not in"} ${name}`);
  }
  if (group !== undefined && account.memberships.length === 0)
    output.line(`no event tells of a membership in ${group}`);
  output.line();
  output.table(
    account.events.flatMap((event) => rowsOf(event)),
    [
      { heading: "", cell: ({ event, isFirst: isHead }) => (isHead && event.isDecisive ? "*" : " ") },
      { heading: "WHEN", cell: ({ event, isFirst: isHead }) => (isHead ? event.event.created_at : " ") },
      { heading: "EVENT", cell: ({ event, isFirst: isHead }) => (isHead ? event.event.event : " ") },
      { heading: "ABOUT", cell: ({ event, isFirst: isHead }) => (isHead ? aboutOf(event) : " ") },
      { heading: "ID", cell: ({ event, isFirst: isHead }) => (isHead ? event.event.id : " ") },
      { heading: "FROM", cell: ({ event, isFirst: isHead }) => (isHead ? originOf(event) : " ") },
      { heading: "SINK", cell: ({ answer }) => answer?.sink },
      { heading: "ANSWER", cell: ({ answer }) => (answer === null ? null : outcomeOf(answer)), isProse: true },
    ],
  );
  if (account.forgottenUpToSeq > 0) {
    output.line();
    output.line("Earlier events were forgotten (--retention); what they said may still count.");
  }
}

function headlineOf({ userId, user }: Account): string {
  if (user === null) return `${userId} is gone`;
  const { email, state } = user;
  return [typeof email === "string" ? printableInline(email) : "no e-mail address", userId, String(state)].join("  ");
}

interface Row {
  readonly event: AccountedEvent;
  readonly answer: SinkAnswer | null;
  readonly isFirst: boolean;
}

function rowsOf(event: AccountedEvent): readonly Row[] {
  if (event.answers.length === 0) return [{ event, answer: null, isFirst: true }];
  return event.answers.map((answer, index) => ({ event, answer, isFirst: index === 0 }));
}

/** The group of a membership, or what an update changed. */
function aboutOf({ event: { data }, isBlank }: AccountedEvent): string | null {
  if (isBlank) return "purged";
  const { group, previous_attributes: before } = data as {
    readonly group?: { readonly id?: string; readonly name?: string };
    readonly previous_attributes?: object;
  };
  if (group !== undefined) return group.name ?? group.id ?? null;
  return before === undefined ? null : Object.keys(before).join(", ");
}

function originOf({ origin }: AccountedEvent): string {
  switch (origin) {
    case "upstream":
      return "the service";
    case "late":
      return "the service, late";
    case "scan":
      return "a scan";
    default:
      return origin satisfies never;
  }
}

function outcomeOf({ state, attempts, failure }: SinkAnswer): string {
  const tries = attempts === 0 ? "" : ` after ${attempts} ${attempts === 1 ? "try" : "tries"}`;
  const reason = failure === null ? "" : `: ${failure.message}`;
  return state === "dead" || state === "retrying" ? `${words[state]}${tries}${reason}` : words[state];
}

const words: Readonly<Record<SinkAnswer["state"], string>> = {
  finished: "finished",
  waiting: "waiting",
  trying: "being tried",
  retrying: "to be tried again",
  dead: "dead letter",
  parked: "parked behind a dead letter",
};

function toJson(account: Account): unknown {
  return {
    user_id: account.userId,
    user: account.user,
    memberships: account.memberships.map(({ groupId, groupName, isMember }) => ({
      group_id: groupId,
      group_name: groupName,
      member: isMember,
    })),
    events: account.events.map(({ seq, event, receivedAtMs, origin, isBlank, isDecisive, answers }) => ({
      seq,
      decisive: isDecisive,
      origin,
      purged: isBlank,
      received_at: isoOf(receivedAtMs),
      event,
      answers: answers.map(({ sink, state, attempts, lastTriedAtMs, failure }) => ({
        sink,
        state,
        attempts,
        last_tried_at: isoOf(lastTriedAtMs),
        failure,
      })),
    })),
    forgotten_up_to_seq: account.forgottenUpToSeq,
  };
}

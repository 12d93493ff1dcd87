/** The mirror, compared with what the events in the state file come to: `dirsync doctor --deep`. */
import { checkMirror, type MirrorCheck, type MirrorDifference } from "@dirsync/consumer";
import { isDirsyncError } from "@dirsync/sdk";
import { exitCodeOf, exitCodes } from "../exit-codes.ts";
import { failed, type Finding, ok, skipped } from "./check.ts";

const check = "state.mirror";

/** Differences that a line for people names. */
const namedMax = 3;

const problems: Readonly<Record<MirrorDifference["problem"], string>> = {
  missing: "is missing",
  extra: "should not be there",
  other: "is not as it was told of",
};

/** Folds all events of the state file at `path` anew, which takes a while. */
export async function checkAgainstJournal(path: string, onProgress: (events: number) => void): Promise<Finding> {
  try {
    return findingOf(await checkMirror(path, onProgress));
  } catch (error) {
    if (!isDirsyncError(error)) throw error;
    return failed(check, { detail: error.message, advice: null, exitCode: exitCodeOf(error) });
  }
}

/** There is nothing to compare, for this reason. */
export function notCompared(why: string): Finding {
  return skipped(check, `not compared: ${why}`);
}

function findingOf({ events, compared, untold, differences, found }: MirrorCheck): Finding {
  const left = untold === 0 ? "" : `, ${untold} of which cannot be told any more`;
  if (differences === 0) return ok(check, `what ${events} events come to: ${compared} things compared${left}`);
  const named = found.slice(0, namedMax).map((difference) => `${nameOf(difference)} ${problems[difference.problem]}`);
  const more = differences > named.length ? [`and ${differences - named.length} more (--json names them)`] : [];
  const finding = failed(check, {
    detail: `${differences} of ${compared} things are not what ${events} events come to: ${[...named, ...more].join("; ")}`,
    advice:
      "Something else has written to the state file, or this is a bug of ours: keep a copy of the file. `dirsync reconcile --apply` mends the mirror from what the service lists.",
    exitCode: exitCodes.invariantBroken,
  });
  return { ...finding, differences: found.map(({ reference, problem }) => ({ problem, ...factsOf(reference) })) };
}

function nameOf({ reference }: MirrorDifference): string {
  if (reference.kind === "directory") return `directory ${reference.id}`;
  const of = `of directory ${reference.directoryId}`;
  if (reference.kind === "membership")
    return `membership of user ${reference.userId} in group ${reference.groupId} ${of}`;
  return `${reference.kind} ${reference.id} ${of}`;
}

function factsOf(reference: MirrorDifference["reference"]): Readonly<Record<string, string>> {
  const { kind } = reference;
  if (kind === "directory") return { kind, id: reference.id };
  const { directoryId: directory_id } = reference;
  if (kind === "membership") return { kind, group_id: reference.groupId, user_id: reference.userId, directory_id };
  return { kind, id: reference.id, directory_id };
}

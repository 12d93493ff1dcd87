import { isOvertaken, type Place } from "./places.ts";
import type { SinkPlan } from "./plan.ts";
import type { Begin } from "./records.ts";

/** Says that a promise was broken. */
export type Blame = (rule: string, message: string) => void;

/** A try that has begun. */
export interface OpenTry {
  readonly record: Begin;
  readonly place: Place;
}

/** What is known when a try begins. */
export interface Situation {
  readonly sink: SinkPlan;
  /** Tries under way, without this one. */
  readonly open: readonly OpenTry[];
  /** Crashes of processes so far. */
  readonly crashes: number;
  readonly blame: Blame;
}

/** Judges whether it is the turn of the event of a try that begins. */
export function judgeTurn(trying: OpenTry, situation: Situation): void {
  const { record, place } = trying;
  const { blame } = situation;
  if (!place.isWanted && !place.isUnsure) blame("I2", `${place.id} is delivered, and the sink does not want it`);
  if (place.isParked) blame("I10", `${place.id} is parked and was tried`);
  if ((place.standing === "dead" || place.standing === "discarded") && place.asked === null) {
    blame("I10", `${place.id} is ${place.standing} and was tried again`);
  }
  judgeMark(trying, blame);
  judgeOverlap(trying, situation);
  for (const other of place.before) judgeEarlier({ place, record, other }, situation);
  if (place.asked !== null) judgeRedone(place, blame);
  else if (!place.wasAsked) judgeBack(place, situation);
}

/** A receiver must know what is a replay, to leave out what it does not want twice. */
function judgeMark({ record, place }: OpenTry, blame: Blame): void {
  if (record.isReplay && !place.wasReplayed) blame("I2", `${place.id} is called a replay, and nobody asked for it`);
  if (!record.isReplay && place.asked?.kind === "replay")
    blame("I2", `${place.id} is not called the replay that it is`);
}

function judgeOverlap({ record, place }: OpenTry, { open, blame }: Situation): void {
  for (const other of open) {
    if (other.record === record || other.record.epoch !== record.epoch || isSameBatch(other.record, record)) continue;
    const isOrdered = place.before.includes(other.place) || place.behind.includes(other.place);
    if (isOrdered || other.place === place) blame("I6", `${place.id} began while ${other.place.id} was under way`);
  }
}

interface Pair {
  readonly place: Place;
  readonly record: Begin;
  /** An earlier one that must not be overtaken. */
  readonly other: Place;
}

function judgeEarlier({ place, record, other }: Pair, { sink, open, blame }: Situation): void {
  if (!other.isWanted) return;
  if (open.some((beside) => beside.place === other && isSameBatch(beside.record, record))) return;
  if (other.standing === "open") blame("I6", `${place.id} began before ${other.id} was finished`);
  const isParking = sink.policy.onDeadLetter === "park";
  if (isParking && other.isLetter) blame("I10", `${place.id} began although ${other.id}, before it, was given up`);
  if (isParking && other.isParked) blame("I10", `${place.id} began although ${other.id}, before it, is parked`);
  if (other.asked === null) return;
  if (other.asked.hasBegun && !wasAhead(place, other))
    blame("I6", `${place.id} began while ${other.id} was being tried again`);
  const isGivenUp = other.asked.kind === "replay" && !other.asked.isForced && isOvertaken(other);
  const isFirst = place.asked !== null && other.asked.number <= place.asked.number && !isGivenUp;
  if (isFirst) blame("I6", `${place.id} comes once more before ${other.id}, which is to as well`);
}

/** An old state must not be written over a newer one. Where nothing is ordered nobody promises that. */
function judgeRedone({ id, asked, replacedBy, behind }: Place, blame: Blame): void {
  if (asked === null || asked.isForced) return;
  const later = replacedBy.find((other) => behind.includes(other) && other.standing === "ok" && other.asked === null);
  if (later !== undefined) blame("I10", `${id} is tried once more after ${later.id}, which is newer, arrived`);
}

/** A crash takes what is in order back by less than a run, and so does a batch that says nothing of where it failed. */
function judgeBack({ id, behind, batches }: Place, { sink, crashes, blame }: Situation): void {
  const passed = behind.filter(({ turn, wasAsked }) => turn !== null && !turn.hasFailed && !wasAsked);
  const isLost = ({ turn }: Place): boolean =>
    turn !== null && (turn.crashes < crashes || (turn.batch !== null && batches.has(turn.batch)));
  const unexplained = passed.find((other) => !isLost(other));
  if (unexplained !== undefined) blame("I6", `${id} came again after ${unexplained.id} began`);
  if (passed.length >= sink.policy.runMax && passed.length > 0) {
    blame("I6", `${id} came again after ${passed.length} later events; ${sink.policy.runMax - 1} may`);
  }
}

/** True when both were last in one batch, and it before the other: whoever was under way when that was asked for stays first. */
function wasAhead({ turn: one }: Place, { turn: other }: Place): boolean {
  return one !== null && other !== null && one.batch !== null && one.batch === other.batch && one.number < other.number;
}

function isSameBatch(one: Begin, other: Begin): boolean {
  return one.batch !== null && one.batch === other.batch;
}

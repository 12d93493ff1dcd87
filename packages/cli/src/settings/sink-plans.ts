/** Which sinks there are: those of the command line, else those of variables, else those of the config file. */
import { dirname, resolve } from "node:path";
import { globPattern } from "./glob.ts";
import { type Layers, type Origin, type Resolved, resolveTable } from "./layers.ts";
import { or, tell } from "./kinds.ts";
import type { Finding } from "./problem.ts";
import { placeOf } from "./read-file.ts";
import { findSecret, type SecretRules, type SecretSource } from "./secret-source.ts";
import { flagOf, type SecretSetting, variableOf } from "./setting.ts";
import { sinkSecretSettings, sinkSettings, targets } from "./sink-table.ts";

/** Sink names become labels of metrics and parts of command lines. */
const namePattern = /^[a-z][a-z0-9_-]{0,63}$/;

/** What a sink delivers to. */
export type TargetName = keyof typeof targets;

/** A sink that is to be made. */
export interface SinkPlan extends Resolved<typeof sinkSettings> {
  /** Names the sink's mark in the journal. */
  readonly name: string;
  readonly target: TargetName;
  /** The file, command or address; empty for standard output. */
  readonly value: string;
  readonly origin: Origin;
  /** Where a relative path in it begins. */
  readonly folder: string;
  readonly secrets: Readonly<Record<keyof typeof sinkSecretSettings, SecretSource | null>>;
}

/** What sinks are planned with, besides their own settings. */
export interface SinkRules extends SecretRules {
  /** Names of the events that the service is asked for. */
  readonly asked: readonly string[];
}

/** The sinks that were asked for. What is wrong is noted. */
export function planSinks(layers: Layers, rules: SinkRules): readonly SinkPlan[] {
  const given = [fromFlags, fromVariables, fromFile].map((find) => find(layers)).find(({ length }) => length > 0) ?? [];
  const names = new Set<string>();
  return given.flatMap((sink) => {
    if (names.has(sink.name)) {
      const mistake = `is called ${sink.name}, and so is another sink. Name one of them: NAME=${sink.value}`;
      layers.problems.add({
        where: sink.origin.where,
        key: sink.target,
        mistake,
        isUsage: sink.origin.from === "flag",
      });
      return [];
    }
    names.add(sink.name);
    const section = sink.origin.from === "file" ? sink.name : null;
    const resolved = resolveTable(sinkSettings, layers, section);
    for (const problem of strangeEvents(resolved, rules.asked)) layers.problems.add(problem);
    return [{ ...sink, ...resolved, secrets: secretsOf(section, layers, rules) }];
  });
}

/** A sink that waits for events that never come would count every other one as finished. */
function strangeEvents({ values, origins }: Resolved<typeof sinkSettings>, asked: readonly string[]): Finding[] {
  const { from, where } = origins["events"] ?? { from: "default", where: "events" };
  const strange = (values.events ?? []).filter((pattern) => !asked.some((name) => globPattern(pattern).test(name)));
  return strange.map((pattern) => {
    const mistake = `has ${tell(pattern)}, and no such event is asked for. There are ${asked.join(", ")}`;
    return { where, key: "events", mistake, isUsage: from === "flag" };
  });
}

function secretsOf(section: string | null, layers: Layers, rules: SecretRules): SinkPlan["secrets"] {
  const sink = section === null ? {} : { sink: section };
  const find = ([name, setting]: [string, SecretSetting]) => [
    name,
    findSecret({ name, setting, ...sink }, layers, rules),
  ];
  return Object.fromEntries(Object.entries(sinkSecretSettings).map(find)) as SinkPlan["secrets"];
}

type Given = Pick<SinkPlan, "name" | "target" | "value" | "origin" | "folder">;

const targetNames = Object.keys(targets) as readonly TargetName[];

function fromFlags({ flags, problems }: Layers): readonly Given[] {
  return targetNames.flatMap((target) => {
    const given = flags[target];
    const texts = (Array.isArray(given) ? given : [given]).filter((text) => text !== undefined && text !== false);
    const where = flagOf(target);
    return texts.flatMap((text: unknown) => {
      const reading = targets[target].kind.read(text);
      if ("value" in reading) return [named(target, reading.value, { from: "flag", where })];
      problems.add({ where, key: target, mistake: reading.mistake, isUsage: true });
      return [];
    });
  });
}

function fromVariables({ environment, problems }: Layers): readonly Given[] {
  return targetNames.flatMap((target) => {
    const where = variableOf(target);
    const text = environment[where];
    if (text === undefined || text === "") return [];
    const reading = targets[target].kind.read(text);
    if ("value" in reading)
      return reading.value === false ? [] : [named(target, reading.value, { from: "variable", where })];
    problems.add({ where, key: target, mistake: reading.mistake });
    return [];
  });
}

/** `audit=./audit.sh` is a sink named audit; `./audit.sh` is named after its kind. */
function named(target: TargetName, given: string | boolean, origin: Origin): Given {
  const kindName = flagOf(target).slice(2);
  if (typeof given === "boolean") return { name: kindName, target, value: "", origin, folder: resolve() };
  const [, name = kindName, rest = given] = /^([a-z][a-z0-9_-]{0,63})=(.+)$/su.exec(given) ?? [];
  return {
    name,
    target,
    value: targets[target].kind.isPath === true ? resolve(rest) : rest,
    origin,
    folder: resolve(),
  };
}

function fromFile({ file, problems }: Layers): readonly Given[] {
  if (file === null) return [];
  const { source, content } = file;
  return Object.entries(content.sinks).flatMap(([name, sink]) => {
    const where = placeOf(source, ["sinks", name]);
    if (!namePattern.test(name)) {
      problems.add({ where, key: "sinks", mistake: "is no name: lower-case letters, digits, - and _, at most 64" });
    }
    const present = targetNames.filter((target) => sink[target] !== undefined && sink[target] !== false);
    const [target, second] = present;
    if (target === undefined || second !== undefined) {
      const mistake =
        target === undefined ? `delivers nowhere. Give it ${or(targetNames)}` : `has ${present.join(" and ")}`;
      problems.add({ where, key: "sinks", mistake: second === undefined ? mistake : `${mistake}. Make it two sinks` });
      return [];
    }
    const text = sink[target] === true ? "" : String(sink[target]);
    const folder = dirname(source.path);
    const value = targets[target].kind.isPath === true ? resolve(folder, text) : text;
    const origin: Origin = { from: "file", where: placeOf(source, ["sinks", name, target]) };
    return [{ name, target, value, origin, folder }];
  });
}

/**
 * Plays a scenario against a SCIM server and looks, after every act, whether the server did what was asked.
 *
 * The provider speaks its dialect; a client of our own reads the server and compares it with what a company in that
 * situation expects. An act that the server refuses ends the scenario, because nothing after it means what it should; a
 * server that answers well and does something else is told of, and the scenario goes on.
 */
import { isDirsyncError, systemRuntime } from "@dirsync/sdk";
import type { ConnectionOptions } from "../client.ts";
import type { IdentityProvider } from "../provider.ts";
import { createProvider } from "../providers/index.ts";
import type { ProviderName } from "../providers/index.ts";
import { concernsGroups, describeAct } from "./act.ts";
import type { Act } from "./act.ts";
import { drawCast } from "./cast.ts";
import type { Cast } from "./cast.ts";
import type { Check, Finding } from "./check.ts";
import { afterAct, emptyCompany } from "./company.ts";
import type { Company } from "./company.ts";
import { answersShow, Judge } from "./judge.ts";
import { perform } from "./perform.ts";
import { plays } from "./plays.ts";
import type { Play, ScenarioName } from "./plays.ts";
import { watchTransport, Witness } from "./witness.ts";
import type { Exchange } from "./witness.ts";

/** What to play, and against whom. */
export interface RehearsalOptions extends ConnectionOptions {
  readonly provider: ProviderName;
  readonly scenario: ScenarioName;
  /** Draws the people, groups and whatever is random. The same seed, the same requests. Default 0. */
  readonly seed?: number;
  /** True leaves what was made on the server. Default: it is deleted at the end. */
  readonly isKept?: boolean;
  /** Hears of every check as it is made. */
  readonly onCheck?: (check: Check) => void;
}

/** What came of it. */
export interface Rehearsal {
  /** The name people know, for example "Entra ID". */
  readonly provider: string;
  readonly scenario: ScenarioName;
  readonly seed: number;
  readonly checks: readonly Check[];
  /** Requests of the provider, without those that only look. */
  readonly requests: number;
  readonly durationMs: number;
  /** What could not be deleted at the end, as `Users/<id>` and `Groups/<id>`. */
  readonly leftovers: readonly string[];
}

/**
 * Plays one scenario.
 * @throws ConfigError for an unusable address or token; ApiError and ConnectionError when the server cannot be looked at.
 */
export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  const runtime = options.runtime ?? systemRuntime;
  const startedMs = runtime.now();
  const seed = options.seed ?? 0;
  const play: Play = plays[options.scenario];
  const cast = drawCast(options.scenario, { seed, count: play.people });
  const watched = watchTransport(options.baseUrl, options.transport);
  const makeProvider = (): IdentityProvider =>
    createProvider(options.provider, { ...options, seed, transport: watched.transport });
  const provider = makeProvider();
  const witness = new Witness(options);
  const stage = new Stage({ provider, makeProvider, watched, witness }, options.onCheck ?? (() => undefined));

  let leftovers: readonly string[] = [];
  if (play.needsGroups && !provider.habits.pushesGroups) {
    stage.skip("groups-are-pushed", `${provider.name} pushes no groups`);
  } else if (await stage.isClear(cast)) {
    const acts = play.script(cast);
    await stage.play(provider.habits.pushesGroups ? acts : acts.filter((act) => !concernsGroups(act)));
    if (options.isKept !== true) leftovers = await cleanUp(witness, stage.everSeen);
  }
  const { checks } = stage;
  const durationMs = runtime.now() - startedMs;
  return {
    provider: provider.name,
    scenario: options.scenario,
    seed,
    checks,
    requests: watched.requests,
    durationMs,
    leftovers,
  };
}

interface Equipment {
  readonly provider: IdentityProvider;
  readonly makeProvider: () => IdentityProvider;
  readonly watched: ReturnType<typeof watchTransport>;
  readonly witness: Witness;
}

class Stage {
  readonly checks: Check[] = [];
  /** User names and group names that were on the server at some time. */
  readonly everSeen = { userNames: new Set<string>(), groupNames: new Set<string>() };
  readonly #equipment: Equipment;
  readonly #onCheck: (check: Check) => void;
  readonly #judge: Judge;

  constructor(equipment: Equipment, onCheck: (check: Check) => void) {
    this.#equipment = equipment;
    this.#onCheck = onCheck;
    this.#judge = new Judge(equipment.witness);
  }

  skip(name: string, reason: string): void {
    this.#add({ name, step: "nothing", outcome: "skipped", sent: [], expected: "-", got: reason });
  }

  /** Whether nobody of the cast is there: what is left of another run would be mistaken for what this one does. */
  async isClear(cast: Cast): Promise<boolean> {
    const { witness } = this.#equipment;
    const there: string[] = [];
    // One is enough to tell: a run leaves all of its cast behind, or nobody.
    for (const { userName } of cast.people.slice(0, 1)) {
      if ((await witness.accounts(userName)).length > 0) there.push(userName);
    }
    for (const { name } of cast.groups.slice(0, 1)) {
      if ((await witness.groups(name)).length > 0) there.push(name);
    }
    const advice = `${there.join(" and ")} is there already; delete what an earlier run left, or use another seed`;
    const expected = "nobody of the cast is there";
    this.#judged(
      { name: "stage-is-clear", expected, got: there.length === 0 ? expected : advice },
      { step: "before", sent: [] },
    );
    return there.length === 0;
  }

  async play(acts: readonly Act[]): Promise<void> {
    const { provider, makeProvider, watched } = this.#equipment;
    let company = emptyCompany;
    for (const [index, act] of acts.entries()) {
      const step = describeAct(act);
      const before = company;
      company = afterAct(company, act, provider.habits);
      this.#remember(before);
      this.#remember(company);
      const refusal = await perform(act, {
        provider,
        makeProvider,
        loseNextAnswer: () => watched.loseNextAnswer(),
      }).then(() => null, reasonOf);
      const sent = watched.take();
      if (refusal !== null) {
        const expected = "every answer is one that the provider takes for success";
        this.#judged({ name: "requests-are-accepted", expected, got: refusal }, { step, sent });
        for (const rest of acts.slice(index + 1)) this.#skipped(rest);
        return;
      }
      await this.#look(act, { before, after: company, sent });
    }
    if (acts.some(({ kind }) => kind !== "test")) {
      this.#judged(await this.#judge.everybody(company), { step: "at the end", sent: [] });
    }
  }

  async #look(
    act: Act,
    { before, after, sent }: { before: Company; after: Company; sent: readonly Exchange[] },
  ): Promise<void> {
    const step = describeAct(act);
    const shown = answersShow(act, sent, after);
    for (const finding of await this.#judge.findings(act, { before, after })) this.#judged(finding, { step, sent });
    if (shown !== null) this.#judged(shown, { step, sent });
  }

  #remember(company: Company): void {
    for (const { person } of company.accounts.values()) this.everSeen.userNames.add(person.userName);
    for (const { group } of company.teams.values()) this.everSeen.groupNames.add(group.name);
  }

  #skipped(act: Act): void {
    const reason = "not played, because a request before it was refused";
    this.#add({
      name: "requests-are-accepted",
      step: describeAct(act),
      outcome: "skipped",
      sent: [],
      expected: "-",
      got: reason,
    });
  }

  #judged(finding: Finding, { step, sent }: { step: string; sent: readonly Exchange[] }): void {
    this.#add({ ...finding, step, outcome: finding.expected === finding.got ? "passed" : "failed", sent });
  }

  #add(check: Check): void {
    this.checks.push(check);
    this.#onCheck(check);
  }
}

/** A failure that the real provider would report. Others are ours, and are thrown on. */
function reasonOf(error: unknown): string {
  if (isDirsyncError(error)) return error.message;
  throw error;
}

async function cleanUp(witness: Witness, everSeen: Stage["everSeen"]): Promise<string[]> {
  const left: string[] = [];
  const remove = async (type: "Users" | "Groups", id: string): Promise<void> => {
    await witness.delete(type, id).catch((error: unknown) => {
      left.push(`${type}/${id}`);
      reasonOf(error);
    });
  };
  for (const name of everSeen.groupNames) {
    for (const { id } of await witness.groups(name)) await remove("Groups", id);
  }
  for (const userName of everSeen.userNames) {
    for (const { id } of await witness.accounts(userName)) await remove("Users", id);
  }
  return left;
}

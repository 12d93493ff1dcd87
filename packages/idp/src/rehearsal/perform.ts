import { ApiError, ConnectionError } from "@dirsync/sdk";
import type { IdentityProvider } from "../provider.ts";
import type { Act } from "./act.ts";

/** What an act may need besides the provider. */
export interface Props {
  readonly provider: IdentityProvider;
  /** Another client of the same provider, which knows nothing yet. */
  readonly makeProvider: () => IdentityProvider;
  /** Has the answer of the next write be lost. */
  readonly loseNextAnswer: () => void;
}

/** Does what an act says. @throws what the provider's methods throw, where the real one would report a failure. */
export async function perform(act: Act, props: Props): Promise<void> {
  const { provider } = props;
  switch (act.kind) {
    case "test":
      return await provider.testConnection();
    case "search":
      return;
    case "assign":
      return await provider.assign(act.person);
    case "update":
      return await provider.update(act.person);
    case "deactivate":
      return await provider.deactivate(act.person);
    case "reactivate":
      return await provider.reactivate(act.person);
    case "remove":
      return await provider.remove(act.person);
    case "create group":
      return await provider.createGroup(act.group);
    case "delete group":
      return await provider.deleteGroup(act.group);
    case "rename group":
      return await provider.renameGroup(act.group, act.name);
    case "add members":
      return await provider.addMembers(act.group, act.people);
    case "remove members":
      return await provider.removeMembers(act.group, act.people);
    case "at once":
      return await together(act.acts.map((each) => perform(each, props)));
    case "lost answer":
      return await twice(act.act, props);
    case "race": {
      const racers = [props.makeProvider(), props.makeProvider()];
      return await together(racers.map((racer) => racer.assign(act.person).catch(butNotConflict)));
    }
    default:
      return act satisfies never;
  }
}

/** Waits for all of them before the first failure is reported. */
async function together(running: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(running)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}

async function twice(act: Act, props: Props): Promise<void> {
  props.loseNextAnswer();
  try {
    await perform(act, props);
  } catch (error) {
    if (!(error instanceof ConnectionError) || error.code !== "timeout") throw error;
  }
  await perform(act, props);
}

/** Whoever comes second may be told so: the real ones match the account in their next cycle. */
function butNotConflict(error: unknown): void {
  if (!(error instanceof ApiError) || error.status !== 409) throw error;
}

/** What a scenario is made of. */

/**
 * One thing that happens at a company, told so that it needs no knowledge of SCIM, and the act that sends it.
 * Steps are meant to be run in order, each one once, the next after the last has resolved.
 */
export interface Step {
  /** Who acts: the identity provider's name. */
  readonly actor: string;
  /** What happens, in plain words, for example "Mara Lind joins as Engineer". */
  readonly description: string;
  /** Sends it. Throws what the provider's methods throw. */
  run(): Promise<void>;
}

/** Runs steps one after the other and reports each one before it starts. Stops at the first failure. */
export async function runSteps(steps: Iterable<Step>, onStep: (step: Step) => void = () => undefined): Promise<void> {
  for (const step of steps) {
    onStep(step);
    await step.run();
  }
}

/**
 * What a handler module exports as `torture`, beside its handlers, so that `dirsync torture` can tell a lost or repeated
 * effect: it compares the app's state after a run with faults with the state after one without.
 */
export interface TortureHarness {
  /** Empties the app's state. Called in a fresh process before each run, and before any event. */
  reset(): void | Promise<void>;
  /**
   * The app's state as JSON: what must be the same whatever fails on the way. Leave out what differs from run to run by
   * itself, such as times of writing and generated ids. The order of arrays is not compared.
   */
  snapshot(): unknown;
}

/** How much the fault suites do, and with which choices. */
export interface Scale {
  /** SIGKILLs of `dirsync tail`, seven in ten at random moments and the others at named points; other suites do a part of it. */
  readonly kills: number;
  /** Simulated lives of a whole tail. */
  readonly lives: number;
  /** Seed of the first one; the others follow. */
  readonly firstLife: number;
  /** Decides what is written and when is killed. The operating system decides the rest. */
  readonly seed: number;
}

const killsDefault = 5;
const livesDefault = 20;
/** What `npm run test:fault` and `npm run test:rest` ask for. */
const wholeKills = 500;

/**
 * Read from DIRSYNC_TEST_KILLS (default 5), DIRSYNC_TEST_LIVES (default 20) and DIRSYNC_TEST_SEED (default another one
 * each time for what the operating system takes part in, and the first lives there are for those that are simulated).
 */
export function readScale(): Scale {
  const { DIRSYNC_TEST_KILLS: kills, DIRSYNC_TEST_LIVES: lives, DIRSYNC_TEST_SEED: seed } = process.env;
  return {
    kills: kills === undefined ? killsDefault : wholeNumber("DIRSYNC_TEST_KILLS", kills),
    firstLife: seed === undefined ? 1 : wholeNumber("DIRSYNC_TEST_SEED", seed),
    lives: lives === undefined ? livesDefault : wholeNumber("DIRSYNC_TEST_LIVES", lives),
    seed: seed === undefined ? Date.now() % 1_000_000 : wholeNumber("DIRSYNC_TEST_SEED", seed),
  };
}

/** True where every case is tried as often as it was meant to be. */
export function isWhole({ kills }: Scale): boolean {
  return kills >= wholeKills;
}

/** All cases where the suite is run whole; else one of each `of` in a row, other ones with another seed. */
export function share<T>(
  cases: readonly T[],
  { of, scale }: { readonly of: number; readonly scale: Scale },
): readonly T[] {
  return isWhole(scale) ? cases : cases.filter((_, index) => index % of === scale.seed % of);
}

/** Events of the long way of one consumer: DIRSYNC_TEST_SOAK, default 3,000. */
export function readSoakEvents(): number {
  const { DIRSYNC_TEST_SOAK: events = "3000" } = process.env;
  return wholeNumber("DIRSYNC_TEST_SOAK", events);
}

/** Far longer than a suite takes at this scale, on a machine with other things to do. */
export function patienceMs({ kills, lives }: Scale): number {
  return 600_000 + kills * 2_000 + lives * 500;
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/u.test(text)) throw new Error(`${name} must be a whole number, not "${text}".`);
  return Number(text);
}

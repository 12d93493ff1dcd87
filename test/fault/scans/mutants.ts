/**
 * Consumers that scan in a way that looks right and is not. Each is the product with some of its lines changed, so that
 * what is proven about them is proven about the product.
 */

/** One change of the product's source. */
export interface Patch {
  /** In packages/consumer/src. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly line: string;
  readonly becomes: string;
}

export interface ScanMutant {
  readonly patches: readonly Patch[];
  /** For what no change of the source can show. */
  readonly readsLogAfterwards?: boolean;
  /** Where one begins to look for it, because the first seeds do not show it. Default 1. */
  readonly shownFrom?: number;
}

/** A page is taken in whatever the log has said since. */
const noWindow: Patch = {
  file: "scan/known.ts",
  line: "const isTouched = isEnded || isWritten || (!this.#isSure && this.#doubts.isAfter(key, floorSeq));",
  becomes: "const isTouched = false && isEnded && isWritten;",
};

const noWait: Patch = {
  file: "scan/scan.ts",
  line: "await reading.endAskedSince(dueMs, signal);",
  becomes: "void dueMs;",
};

export const scanMutants = {
  "lists everything, and reads the log from then on": { patches: [], readsLogAfterwards: true },
  "takes what was not listed for deleted": {
    patches: [
      {
        file: "scan/lister.ts",
        line: "for (const reference of missing) probes.push(await this.#probe(reference));",
        becomes:
          "for (const reference of missing) probes.push({ reference, row: null, floorSeq: Number.MAX_SAFE_INTEGER });",
      },
      {
        file: "scan/unlisted.ts",
        line: "if (seq === undefined || this.#known.isWrittenAfter(reference, seq, row.floor_seq ?? 0)) continue;",
        becomes: "if (seq === undefined) continue;",
      },
    ],
  },
  "takes in whatever was listed once the log is read past it": { patches: [noWindow] },
  "takes in whatever was listed at once": { patches: [noWindow, noWait] },
  "never looks for what was not listed": {
    patches: [
      {
        file: "scan/collections.ts",
        line: "if (missing.length > 0 || after !== null) return;",
        becomes: "void [missing, after];",
      },
    ],
  },
  "takes the newer updated_at for the newer state": {
    patches: [
      noWindow,
      {
        file: "scan/judge.ts",
        line: "const fields = differences(reference.kind, before, data);",
        becomes:
          'const fields = String(before["updated_at"]) > String(data["updated_at"]) ? [] : differences(reference.kind, before, data);',
      },
    ],
  },
  "does not mind what ended above a thing": {
    shownFrom: 31,
    patches: [
      {
        file: "scan/known.ts",
        line: "const isEnded = above.some((each) => isEndedAfter(each, floorSeq));",
        becomes: "const isEnded = false && above.some((each) => isEndedAfter(each, floorSeq));",
      },
      {
        file: "scan/judge.ts",
        line: "if (group?.body === null || user?.body === null) return overtaken;",
        becomes: "",
      },
    ],
  },
  "trusts log and lists to be in step": {
    patches: [{ file: "scan/reading.ts", line: "this.skewMs = skewMs;", becomes: "this.skewMs = skewMs * 0;" }],
  },
  "begins before it has seen the log for long enough": {
    shownFrom: 20,
    patches: [
      {
        file: "scan/scan.ts",
        line: "const restMs = reading.floorInMs() + 1;",
        becomes: "const restMs = 0 * reading.now();",
      },
      {
        file: "scan/reading.ts",
        line: "let floor: number | null = null;",
        becomes: "let floor: number | null = this.#soundings[0]?.headSeq ?? 0;",
      },
    ],
  },
  "forgets whom it has made itself": {
    patches: [{ file: "consumer.ts", line: "reading.noteMade(headSeq);", becomes: "void headSeq;" }],
  },
  "lets what came late go by": {
    shownFrom: 20,
    patches: [
      {
        file: "journal/positions.ts",
        line: "if (entry.isLate === true) this.#doubts.add(entry.event, entry.seq);",
        becomes: "void this.#doubts;",
      },
    ],
  },
} as const satisfies Record<string, ScanMutant>;

export type ScanMutantName = keyof typeof scanMutants;

import { referencesIn } from "./request.ts";
import type { BulkOperation } from "./request.ts";

/** One step of a bulk request: an operation, or what is left to do of one. */
export interface BulkStep {
  /** Place of the operation in the request. */
  readonly index: number;
  /**
   * Of two operations that refer to each other one is done first: without the references it cannot have yet, which it gets in
   * a second step, once there is what they refer to.
   */
  readonly isSecond: boolean;
  /** Names that must be known before this step. */
  readonly needs: readonly string[];
}

/**
 * The order in which operations are done: that of the request, except that what an operation refers to goes before it (RFC 7644
 * section 3.7.2 lets a client refer to what comes later).
 */
export function planBulk(operations: readonly BulkOperation[]): readonly BulkStep[] {
  const makers = new Map<string, number>();
  for (const [index, { method, bulkId }] of operations.entries()) {
    if (method === "POST" && bulkId !== null && !makers.has(bulkId)) makers.set(bulkId, index);
  }
  const steps: BulkStep[] = [];
  const second: BulkStep[] = [];
  const begun = new Set<number>();
  const done = new Set<number>();

  // As deep as one chain of references is long, which the number of operations bounds.
  function visit(index: number): void {
    begun.add(index);
    const names = namesIn(operations[index]);
    for (const name of names) {
      const maker = makers.get(name);
      if (maker !== undefined && !begun.has(maker)) visit(maker);
    }
    const isLate = (name: string): boolean => {
      const maker = makers.get(name);
      return maker !== undefined && !done.has(maker);
    };
    steps.push({ index, isSecond: false, needs: names.filter((name) => !isLate(name)) });
    if (names.some(isLate)) second.push({ index, isSecond: true, needs: names });
    done.add(index);
  }

  for (const index of operations.keys()) if (!begun.has(index)) visit(index);
  return [...steps, ...second];
}

function namesIn(operation: BulkOperation | undefined): readonly string[] {
  if (operation === undefined) return [];
  return [...new Set([...referencesIn(operation.target), ...referencesIn(operation.data)])];
}

/** The result of a benchmark: a ratio to a named rival in the same run, and its bar. */

/** One line of the report. */
export interface Finding {
  readonly name: string;
  /** In words, with units. */
  readonly measured: string;
  /** The bar, in words. */
  readonly bar: string;
  /** `undefined`: skipped. */
  readonly passed: boolean | undefined;
}

/** Returns the shortest of several runs, ms, which the load of the machine disturbs least. */
export async function best(runs: number, run: () => Promise<void> | void): Promise<number> {
  let shortest = Infinity;
  for (let count = 0; count < runs; count++) {
    const begin = performance.now();
    await run();
    shortest = Math.min(shortest, performance.now() - begin);
  }
  return shortest;
}

/** Returns the shortest runs of two rivals that alternate, ms, so that the load of the machine affects both. */
export async function rivals(
  runs: number,
  first: () => Promise<void> | void,
  second: () => Promise<void> | void,
): Promise<readonly [number, number]> {
  await first();
  await second();
  let shortest: [number, number] = [Infinity, Infinity];
  for (let count = 0; count < runs; count++) {
    shortest = [Math.min(shortest[0], await best(1, first)), Math.min(shortest[1], await best(1, second))];
  }
  return shortest;
}

/**
 * Returns the median. Where the processor changes its speed, as on a shared machine, the medians of alternating runs
 * are compared rather than their minima: those of the two may come from different speeds.
 */
export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
}

export function print({ name, measured, bar, passed }: Finding): void {
  const verdict = passed === undefined ? "skipped" : passed ? "ok" : "MISSED";
  console.log(`${verdict.padEnd(8)} ${name}: ${measured} (bar: ${bar})`);
}

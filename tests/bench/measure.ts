/** What a measurement prints: a ratio to a named rival in the same run, and the bar it is held to. */

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

/** The shortest of several runs, ms: the one that the rest of the machine disturbed least. */
export async function best(runs: number, run: () => Promise<void> | void): Promise<number> {
  let shortest = Infinity;
  for (let count = 0; count < runs; count++) {
    const begin = performance.now();
    await run();
    shortest = Math.min(shortest, performance.now() - begin);
  }
  return shortest;
}

/** The shortest runs of two rivals that take turns, ms, so that a slow minute hits both. */
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

export function print({ name, measured, bar, passed }: Finding): void {
  const verdict = passed === undefined ? "skipped" : passed ? "ok" : "MISSED";
  console.log(`${verdict.padEnd(8)} ${name}: ${measured} (bar: ${bar})`);
}

/**
 * Compares words that a user typed with those that exist.
 *
 * @module
 */

/** Returns the names that differ from the input by at most two typing errors. */
export function similarNames(input: string, names: readonly string[]): readonly string[] {
  return names.filter((name) => editDistance(input, name) <= 2);
}

/** Returns the end of a message, `; did you mean "a" or "b"?`; nothing without names. */
export function didYouMean(names: readonly string[]): string {
  return names.length === 0 ? "" : `; did you mean ${names.map((name) => `"${name}"`).join(" or ")}?`;
}

/**
 * Returns how many letters must be inserted, deleted, replaced or exchanged with their neighbor to turn one word into
 * another (the optimal string alignment distance).
 */
export function editDistance(one: string, other: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const present = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const isExchanged = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      present.push(Math.min(
        (last[column] ?? Infinity) + 1,
        (present[column - 1] ?? Infinity) + 1,
        (last[column - 1] ?? Infinity) + (isSame ? 0 : 1),
        isExchanged ? (beforeLast[column - 2] ?? Infinity) + 1 : Infinity,
      ));
    }
    [beforeLast, last] = [last, present];
  }
  return last[other.length] ?? 0;
}

/**
 * Counts with their nouns.
 *
 * @module
 */

/** Returns a count with its noun, in the plural where it is not one. @param noun whose plural ends in `s` */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

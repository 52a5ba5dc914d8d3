/**
 * Numbers as the values of flags.
 *
 * @module
 */

/**
 * Parses a whole number within bounds.
 *
 * @throws Error with the bounds; the parser names the flag
 */
export function boundedInteger(input: string, least: number, most: number): number {
  const value = /^\d+$/.test(input) ? Number(input) : NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`"${input}" is not a whole number from ${least} to ${most}`);
}

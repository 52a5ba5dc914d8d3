/**
 * Numbers as the values of flags.
 *
 * @module
 */

/**
 * Parses a whole number within bounds.
 *
 * @param flag its name, for the message
 * @throws Error naming the flag and the bounds
 */
export function boundedInteger(input: string, flag: string, least: number, most: number): number {
  const value = /^\d+$/.test(input) ? Number(input) : NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${flag} takes a whole number from ${least} to ${most}`);
}

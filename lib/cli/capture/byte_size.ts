/**
 * Sizes as the values of flags.
 *
 * @module
 */

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/**
 * Parses a size: bytes, or a number with K, M, G or T for powers of 1024.
 *
 * @param flag its name, for the message
 * @throws Error naming the flag
 */
export function byteSize(input: string, flag: string): number {
  const [, number = "", unit = ""] = /^(\d{1,12}(?:\.\d{1,3})?)([KMGT]?)(?:i?B)?$/i.exec(input) ?? [];
  const size = Math.floor(Number(number) * (UNITS[unit.toUpperCase()] ?? NaN));
  if (number !== "" && size > 0 && Number.isSafeInteger(size)) return size;
  throw new Error(`${flag} takes a size such as 1000000, 500M or 2G`);
}

/**
 * Sizes as the values of flags.
 *
 * @module
 */

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/**
 * Parses a size: bytes, or a number with K, M, G or T for powers of 1024.
 *
 * @throws Error that says what a size is
 */
export function byteSize(input: string): number {
  const [, number = "", unit = ""] = /^(\d{1,12}(?:\.\d{1,3})?)([KMGT]?)(?:i?B)?$/i.exec(input) ?? [];
  const size = Math.floor(Number(number) * (UNITS[unit.toUpperCase()] ?? NaN));
  if (number !== "" && size > 0 && Number.isSafeInteger(size)) return size;
  throw new Error(`"${input}" is not a size such as 1000000, 500M or 2G`);
}

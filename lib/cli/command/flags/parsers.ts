/**
 * Parsers of flag values. Each throws an `Error` whose message describes the expected value; the parser adds
 * the name of the flag.
 *
 * @module
 */

/** Largest number of seconds, and of times real time, that is accepted: below the limit of timers, 2^31 ms. */
const LARGEST = 2_000_000;

/** Parses a whole number from 1 upwards. */
export function positiveInteger(input: string): number {
  const value = Number(input);
  if (!/^\d+$/.test(input) || value === 0) throw new Error(`"${input}" is not a whole number above 0`);
  if (Number.isSafeInteger(value)) return value;
  throw new Error(`"${input}" is too large: the limit is ${Number.MAX_SAFE_INTEGER}`);
}

/**
 * Returns a parser of decimal numbers above 0.
 *
 * @param unit for the message, in the plural
 */
export function positiveNumber(unit: string): (input: string) => number {
  return (input) => {
    const value = Number(input);
    if (!/^\d*\.?\d+$/.test(input) || value === 0) {
      throw new Error(`"${input}" is not a number of ${unit} above 0`);
    }
    return upToLargest(value, input);
  };
}

/** Parses a number of seconds, which may be 0. */
export function seconds(input: string): number {
  if (!/^\d*\.?\d+$/.test(input)) throw new Error(`"${input}" is not a number of seconds`);
  return upToLargest(Number(input), input);
}

function upToLargest(value: number, input: string): number {
  if (value <= LARGEST) return value;
  throw new Error(`"${input}" is too large: the limit is ${LARGEST}`);
}

/** Parses a sampling temperature (API reference of the Responses API: 0 to 2). */
export function temperature(input: string): number {
  const value = Number(input);
  if (/^\d*\.?\d+$/.test(input) && value <= 2) return value;
  throw new Error(`"${input}" is not a number from 0 to 2`);
}

/** Returns a parser of one of several words. */
export function oneOf<const T extends string>(...words: readonly T[]): (input: string) => T {
  return (input) => {
    const found = words.find((word) => word === input);
    if (found !== undefined) return found;
    throw new Error(`"${input}" is not one of ${words.join(", ")}`);
  };
}

/** Returns a parser for whole numbers from 0 to a limit. */
export function integerUpTo(limit: number): (input: string) => number {
  return (input) => {
    const value = Number(input);
    if (/^\d+$/.test(input) && value <= limit) return value;
    throw new Error(`"${input}" is not a whole number from 0 to ${limit}`);
  };
}

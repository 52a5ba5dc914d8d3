/**
 * Values that are computed on first use.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";

/** Returns a function that calls `make` at its first call and always returns the same promise. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Returns the result, or `undefined` for a {@link CulvertError}: the check that it belongs to reports it. */
export async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof CulvertError) return undefined;
    throw error;
  }
}

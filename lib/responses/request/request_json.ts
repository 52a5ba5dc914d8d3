/**
 * Writes the JSON of a request.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";

/**
 * Returns a request as JSON.
 *
 * @throws CulvertError `usage` for a value that has no JSON, which only an embedding program can pass: a BigInt, or an
 *   object that contains itself
 */
export function requestJson(request: unknown): string {
  try {
    return JSON.stringify(request);
  } catch (cause) {
    const [reason] = cause instanceof Error ? cause.message.split("\n") : [String(cause)];
    throw new CulvertError("usage", `The request cannot be written as JSON: ${reason}`, { cause });
  }
}

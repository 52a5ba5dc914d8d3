/**
 * Identifiers of the simulated API.
 *
 * @module
 */

/** Returns a random identifier in the API's form, such as `resp_` and 32 hexadecimal digits. */
export function identifier(prefix: string): string {
  return `${prefix}_${crypto.randomUUID().replaceAll("-", "")}`;
}

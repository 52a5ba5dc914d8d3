/**
 * Builds the headers of a call from their layers.
 *
 * @module
 */

/**
 * Merges layers of headers. Later layers override earlier ones, and names are compared case-insensitively.
 * Callers pass the program's defaults, the provider's headers, the call's, and the credential's, in this
 * order.
 */
export function mergeHeaders(...layers: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const merged = new Map<string, readonly [name: string, value: string]>();
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) merged.set(name.toLowerCase(), [name, value]);
  }
  return Object.fromEntries(merged.values());
}

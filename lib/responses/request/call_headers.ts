/**
 * Headers of a call, put together out of their layers.
 *
 * @module
 */

/**
 * Merges layers of headers, later ones over earlier ones, names compared without regard to case. The order
 * here: the program's defaults, the provider's, the call's own, the credential's.
 */
export function mergeHeaders(...layers: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const merged = new Map<string, readonly [name: string, value: string]>();
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) merged.set(name.toLowerCase(), [name, value]);
  }
  return Object.fromEntries(merged.values());
}

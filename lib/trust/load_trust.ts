/**
 * The one call between the command line and a {@link TrustStore}: choose the bundle, read it, add the roots of
 * the operating system.
 *
 * @module
 */
import { assembleTrust, type TrustOptions } from "./assemble_trust.ts";
import type { TrustStore } from "./trust_store.ts";

export type { TrustOptions };
export { readSelected } from "./bundle/read_selected.ts";

/**
 * Loads the roots in force.
 *
 * @param options flag, world, and how to read
 * @throws CulvertError `ca_unreadable` or `ca_invalid` when a bundle was asked for and cannot be had
 */
export function loadTrust(options: TrustOptions): Promise<TrustStore> {
  return assembleTrust(options, { readSelected: () => import("./bundle/read_selected.ts") });
}

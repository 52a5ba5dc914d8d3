/**
 * The roots in force. Every connection takes one of these; there is no default.
 *
 * @module
 */
import type { Bundle } from "./bundle.ts";

/** Roots: always Mozilla's and the operating system's, and the bundle's on top where there is one. */
export interface TrustStore {
  /** The bundle that was selected, if any. */
  readonly bundle?: Bundle;
  /** How many distinct certificates each source gave. `system` is 0 where they could not be read. */
  readonly counts: { readonly mozilla: number; readonly system: number; readonly bundle: number };
  /**
   * Canonical PEM blocks, one certificate each: everything to be trusted beyond the Mozilla set that the
   * runtime trusts by itself. Duplicates are gone.
   */
  readonly additionalRoots: readonly string[];
  /** One line for logs and errors: which roots from where. */
  readonly description: string;
}

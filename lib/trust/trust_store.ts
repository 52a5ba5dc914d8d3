/**
 * The roots in force. Every connection takes one of these; there is no default.
 *
 * @module
 */
import type { Warning } from "../warning.ts";
import type { Bundle } from "./bundle/bundle.ts";

/** How many distinct certificates each source gave. */
export interface RootCounts {
  /**
   * Mozilla's. Known only where it was asked for: the runtime has these roots by itself, and counting them takes
   * a module that costs as much processor time as the whole start of the program.
   */
  readonly mozilla?: number;
  /** The operating system's; 0 where they could not be read. */
  readonly system: number;
  /** The bundle's; 0 without one. */
  readonly bundle: number;
}

/** Roots: always Mozilla's and the operating system's, and the bundle's on top where there is one. */
export interface TrustStore {
  /** The bundle that was selected, if any. */
  readonly bundle?: Bundle;
  readonly counts: RootCounts;
  /**
   * Canonical PEM blocks, one certificate each: everything to be trusted beyond what the runtime trusts by
   * itself, the bundle's first. Duplicates among them are gone; some of the operating system's are Mozilla's
   * too.
   */
  readonly additionalRoots: readonly string[];
  /** One line for logs and errors: which roots from where. */
  readonly description: string;
  /** What the user should know: about the bundle, and about roots that could not be read. */
  readonly warnings: readonly Warning[];
}

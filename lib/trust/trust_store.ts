/**
 * The roots in force. Every connection takes a trust store as an argument; there is no default.
 *
 * @module
 */
import type { Warning } from "../warning.ts";
import type { Bundle } from "./bundle/bundle.ts";

/** Number of distinct certificates by source. */
interface RootCounts {
  /**
   * Mozilla's. Present only on request: the runtime has these roots by itself, and counting them loads a module that
   * costs as much processor time as the whole start of the program.
   */
  readonly mozilla?: number;
  /** The operating system's; 0 where they could not be read. */
  readonly system: number;
  /** The bundle's; 0 without one. */
  readonly bundle: number;
}

/** Roots: always those of Mozilla and of the operating system, and those of the bundle where there is one. */
export interface TrustStore {
  /** The bundle that was selected, if any. */
  readonly bundle?: Bundle;
  readonly counts: RootCounts;
  /**
   * Canonical PEM blocks, one certificate each: the roots that the runtime does not trust by itself, the bundle's
   * first, without duplicates. Some of the operating system's roots are Mozilla's too.
   */
  readonly additionalRoots: readonly string[];
  /** One line for logs and errors that names the sources of the roots. */
  readonly description: string;
  /** Warnings about the bundle and about roots that could not be read. */
  readonly warnings: readonly Warning[];
}

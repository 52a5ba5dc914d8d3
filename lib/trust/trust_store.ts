/**
 * The roots in force. Every connection requires a trust store as a parameter; there is no default.
 *
 * @module
 */
import type { Warning } from "../warning.ts";
import type { Bundle } from "./bundle/bundle.ts";

/** Number of distinct certificates by source. */
interface RootCounts {
  /**
   * Roots of Mozilla. Present only on request: the runtime includes these roots, and counting them loads a
   * module that takes as much processor time as the start of the program.
   */
  readonly mozilla?: number;
  /** Roots of the operating system; 0 if they could not be read. */
  readonly system: number;
  /** Roots of the bundle; 0 without one. */
  readonly bundle: number;
}

/** Roots: always those of Mozilla and of the operating system, and those of the bundle if there is one. */
export interface TrustStore {
  /** The bundle that was selected, if any. */
  readonly bundle?: Bundle;
  readonly counts: RootCounts;
  /**
   * Canonical PEM blocks, one certificate each: the roots that the runtime does not trust by default, the
   * bundle's first, without duplicates. Some of the operating system's roots are Mozilla's too.
   */
  readonly additionalRoots: readonly string[];
  /** One line for logs and errors that names the sources of the roots. */
  readonly description: string;
  /** Warnings about the bundle and about roots that could not be read. */
  readonly warnings: readonly Warning[];
}

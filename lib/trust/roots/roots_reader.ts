/**
 * Where the roots come from that no bundle brings. Reading them may take modules that open connections, so the
 * real reader stands behind the one door (`lib/trust/roots/system_roots.ts`) and is passed in.
 *
 * @module
 */
import type { Warning } from "../../warning.ts";
import type { RootCheck } from "../bundle/bundle_reader.ts";

/** Roots, and where they were found. */
export interface RootSet {
  /** Canonical PEM blocks, one certificate each. */
  readonly pems: readonly string[];
  /** The file or the interface they were read from, for people. */
  readonly origin: string;
  /** Why there are none or fewer than there should be, if so. */
  readonly warnings: readonly Warning[];
}

/** Reads the roots of the machine and of the runtime. Nothing here throws: a failure is an empty set. */
export interface RootsReader {
  /** The operating system's store. */
  readonly system: () => Promise<RootSet>;
  /** Mozilla's set, as the runtime carries it. */
  readonly mozilla: () => Promise<RootSet>;
  /** The runtime's opinion on one certificate. */
  readonly checkRoot: RootCheck;
}

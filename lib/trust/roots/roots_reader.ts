/**
 * The interface for reading roots that are not in a bundle. `system_roots.ts` implements it; tests pass other
 * readers.
 *
 * @module
 */
import type { Warning } from "../../warning.ts";
import type { VariableRoots } from "./variable_roots.ts";
import type { RootCheck } from "../bundle/bundle_reader.ts";

/** Roots, and their source. */
export interface RootSet {
  /** Canonical PEM blocks, one certificate each. */
  readonly pems: readonly string[];
  /** The file or the interface that they were read from, for messages. */
  readonly origin: string;
  /** Warnings that explain why there are none, or fewer than expected. */
  readonly warnings: readonly Warning[];
}

/** Reads the roots of the machine and of the runtime. The functions do not throw: a failure is an empty set. */
export interface RootsReader {
  /** The operating system's store. */
  readonly system: () => Promise<RootSet>;
  /**
   * The certificates of `NODE_EXTRA_CA_CERTS` and `DENO_CERT`, which the runtime also trusts. Default: none.
   */
  readonly runtimeVariables?: () => Promise<
    { readonly sets: readonly VariableRoots[]; readonly warnings: readonly Warning[] }
  >;
  /** Mozilla's set, as included in the runtime. */
  readonly mozilla: () => Promise<RootSet>;
  /** Checks one certificate with the runtime's TLS library. */
  readonly checkRoot: RootCheck;
}

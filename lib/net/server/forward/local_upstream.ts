/**
 * The upstream of a simulated network, whose names lead to servers of this machine.
 *
 * @module
 */
import { isolatedWorld } from "../../../world/isolated_world.ts";
import { type Address, createUpstream, type Upstream } from "./upstream.ts";

/** How names lead to servers, and whom to trust. */
export interface LocalUpstreamOptions {
  /** Roots that origins are verified against, beside Mozilla's, PEM. Default: none. */
  readonly roots?: readonly string[];
  /** Where a host is reached. Default: as it is named. */
  readonly resolve?: (host: string, port: number) => Address;
}

/** Builds an upstream that takes no proxy and reads no variable of the process. */
export function localUpstream({ roots = [], resolve }: LocalUpstreamOptions = {}): Upstream {
  return createUpstream({
    trust: {
      additionalRoots: roots,
      counts: { system: 0, bundle: roots.length },
      description: `${roots.length} roots of the simulated network`,
      warnings: [],
    },
    routes: { resolve: () => ({ kind: "direct", reason: "a simulated network has no proxy above it" }) },
    world: isolatedWorld(),
    userAgent: "culvert-proxy",
    resolve,
  });
}

/**
 * The upstream of a simulated network, whose names lead to servers of this machine.
 *
 * @module
 */
import { isolatedWorld } from "../../../world/isolated_world.ts";
import { createDialer } from "../../dialer/create_dialer.ts";
import { systemTcp, type TcpParts } from "../../tunnel/dial_tcp.ts";
import { dialerUpstream, type Upstream } from "./upstream.ts";

/** How names lead to servers, and whom to trust. */
export interface LocalUpstreamOptions {
  /** Roots that origins are verified against, beside Mozilla's, PEM. Default: none. */
  readonly roots?: readonly string[];
  /** Where a host is reached. Default: as it is named. */
  readonly resolve?: (host: string, port: number) => Address;
}

/** Where a connection goes. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Builds an upstream that takes no proxy and reads no variable of the process. */
export function localUpstream({ roots = [], resolve }: LocalUpstreamOptions = {}): Upstream {
  const world = isolatedWorld();
  return dialerUpstream(createDialer({
    trust: {
      additionalRoots: roots,
      counts: { system: 0, bundle: roots.length },
      description: `${roots.length} roots of the simulated network`,
      warnings: [],
    },
    routes: { resolve: () => ({ kind: "direct", reason: "a simulated network has no proxy above it" }) },
    world,
    userAgent: "culvert-proxy",
    ...(resolve === undefined ? {} : { tcp: resolvingTcp(systemTcp(world.sleep), resolve) }),
  }));
}

function resolvingTcp(system: TcpParts, resolve: (host: string, port: number) => Address): TcpParts {
  return {
    ...system,
    // The name goes on to `connect`, which knows the port too.
    lookup: (host) => Promise.resolve([{ address: host, family: 4 }]),
    connect: async (name, port) => {
      const { host, port: realPort } = resolve(name, port);
      const [address] = await system.lookup(host);
      return await system.connect(address?.address ?? host, realPort);
    },
  };
}

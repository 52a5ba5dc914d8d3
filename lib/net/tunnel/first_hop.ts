/**
 * The first two steps of a connection as separate functions: resolving the name, and opening a TCP
 * connection. On a route with a proxy, both steps are made with the proxy.
 *
 * @module
 */
import { asCulvertError, type CulvertError } from "../../errors.ts";
import { classify } from "../failure/classify.ts";
import type { Stage } from "../failure/stage.ts";
import { targetOf } from "../target.ts";
import { dialTcp, isAddress, systemTcp } from "./dial_tcp.ts";
import { type Attempted, explain } from "../failure/explain.ts";
import type { TunnelParts } from "./tunnel.ts";
import { raceAbort } from "../../async/race_abort.ts";

/** The target of the first connection of a route. */
export interface FirstHop {
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly at: "target" | "proxy";
}

/** Returns the first hop of the route to a target. */
export function firstHop({ url, route }: Pick<Attempted, "url" | "route">): FirstHop {
  if (route.kind === "direct") return { ...targetOf(url), at: "target" };
  return { host: route.proxy.host, port: route.proxy.port, at: "proxy" };
}

/**
 * Resolves the name of the first hop with the resolver of the system, which includes the hosts file, as every
 * connection does.
 *
 * @returns addresses in the order of the system
 * @throws CulvertError `dns`; the signal's reason when aborted
 */
export async function resolveFirstHop(
  attempted: Attempted,
  parts: TunnelParts,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { host } = firstHop(attempted);
  if (isAddress(host)) return [host];
  const tcp = parts.tcp ?? systemTcp(parts.world.sleep);
  try {
    const found = await raceAbort(tcp.lookup(host), signal);
    return found.map(({ address }) => address);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw explained(error, attempted, "resolve");
  }
}

/**
 * Opens a TCP connection to the first hop and closes it.
 *
 * @returns the address that accepted the connection
 * @throws CulvertError `dns`, `connect`, `connect_timeout`; the signal's reason when aborted
 */
export async function reachFirstHop(
  attempted: Attempted,
  parts: TunnelParts,
  signal: AbortSignal,
): Promise<string> {
  const { host, port } = firstHop(attempted);
  try {
    const connection = await dialTcp(host, port, parts.tcp ?? systemTcp(parts.world.sleep), signal);
    const { hostname } = connection.remoteAddr;
    connection.close();
    return hostname;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw explained(error, attempted, "connect");
  }
}

function explained(error: unknown, attempted: Attempted, stage: Stage): CulvertError {
  const fault = classify(error, attempted.route, stage);
  return fault === undefined ? asCulvertError(error) : explain(fault, attempted);
}

/**
 * The first two steps of any connection, each by itself: the name becomes addresses, an address takes a connection.
 * On a route with a proxy both are the proxy's.
 *
 * @module
 */
import { asCulvertError, type CulvertError } from "../../errors.ts";
import { classify } from "../failure/classify.ts";
import type { Stage } from "../failure/stage.ts";
import { dialTcp, isAddress, systemTcp } from "./dial_tcp.ts";
import { type Attempted, explain } from "../failure/explain.ts";
import { targetOf, type TunnelParts } from "./tunnel.ts";
import { raceAbort } from "../../async/race_abort.ts";

/** Where the first connection of a route leads. */
export interface FirstHop {
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly at: "target" | "proxy";
}

/** The first hop of the way to a target. */
export function firstHop({ url, route }: Pick<Attempted, "url" | "route">): FirstHop {
  if (route.kind === "direct") return { ...targetOf(url), at: "target" };
  return { host: route.proxy.host, port: route.proxy.port, at: "proxy" };
}

/**
 * Resolves the first hop's name as every connection does, by the system (hosts file included).
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
 * Opens a TCP connection to the first hop and lets go of it.
 *
 * @returns the address that took the connection
 * @throws CulvertError `dns`, `connect` and its kin; the signal's reason when aborted
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

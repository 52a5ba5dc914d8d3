/**
 * Finds out which scheme a proxy speaks that failed by the scheme of its address.
 *
 * @module
 */
import { deadline } from "../../async/deadline.ts";
import { FaultError, type NetworkFault } from "../failure/fault.ts";
import type { ProxyEndpoint, ProxyScheme, Route } from "../route/route.ts";
import { openTunnel, type TunnelParts, type TunnelTarget } from "../tunnel/tunnel.ts";

/** Time allowed for one other scheme, ms. */
const TRY_MS = 1500;

const OTHERS: Readonly<Record<ProxyScheme, readonly ProxyScheme[]>> = {
  http: ["https", "socks5"],
  https: ["http"],
  socks5: ["http"],
  socks5h: ["http"],
};

/** Tells whether another scheme could be the reason for a fault. */
export function maybeWrongScheme(fault: NetworkFault, route: Route): boolean {
  if (route.kind !== "proxy" || fault.at !== "proxy") return false;
  if (fault.suspectsScheme === true) return true;
  const { code, stage } = fault;
  if (stage === "proxy_tls") {
    return code === "tls_handshake" || code === "reset" || code === "connect_timeout";
  }
  return stage === "proxy" && code === "connect_timeout";
}

/**
 * Asks the proxy by the other schemes.
 *
 * @returns the fault, with the scheme that the proxy speaks where one was found
 * @throws the signal's reason
 */
export async function withRightScheme(
  fault: NetworkFault,
  target: TunnelTarget,
  route: Extract<Route, { readonly kind: "proxy" }>,
  parts: TunnelParts,
  signal: AbortSignal,
): Promise<NetworkFault> {
  const { proxy } = route;
  const found = await Promise.all(
    OTHERS[proxy.scheme].map(async (scheme) =>
      await speaks({ ...proxy, scheme }, target, parts, signal) && scheme
    ),
  );
  signal.throwIfAborted();
  const scheme = found.find((one) => one !== false);
  if (scheme === undefined) return fault;
  const right = scheme.startsWith("socks") ? "socks5" : scheme;
  return {
    code: "proxy_refused",
    at: "proxy",
    condition: "proxy_scheme",
    reason: `the proxy speaks ${right} and not ${proxy.scheme}`,
    remedy: `Write ${right}:// instead of ${proxy.scheme}:// in ${route.source}.`,
    ...(fault.stage === undefined ? {} : { stage: fault.stage }),
  };
}

/** Whether the proxy gives an answer of the scheme, be it a refusal. */
async function speaks(
  proxy: ProxyEndpoint,
  target: TunnelTarget,
  parts: TunnelParts,
  signal: AbortSignal,
): Promise<boolean> {
  using limit = deadline(TRY_MS, parts.world, signal);
  const route: Route = { kind: "proxy", proxy: withoutCredentials(proxy), source: "" };
  try {
    (await openTunnel(target, route, parts, limit.signal)).close();
    return true;
  } catch (error) {
    if (!(error instanceof FaultError)) return false;
    const { fault } = error;
    // An answer of HTTP or SOCKS was read, or a certificate was received.
    return fault.proxyStatus !== undefined || fault.code === "proxy_auth" || fault.code === "connect" ||
      (fault.code.startsWith("tls_") && fault.code !== "tls_handshake");
  }
}

/** Credentials must not go to a server that is asked in the clear. */
function withoutCredentials({ scheme, host, port }: ProxyEndpoint): ProxyEndpoint {
  return { scheme, host, port };
}

/**
 * Finds the scheme of a proxy that failed with the scheme of its address.
 *
 * @module
 */
import { deadline } from "../../async/deadline.ts";
import { FaultError, type NetworkFault } from "../failure/fault.ts";
import type { ProxyEndpoint, ProxyScheme, Route } from "../route/route.ts";
import type { TunnelTarget } from "../target.ts";
import { openTunnel, type TunnelParts } from "../tunnel/tunnel.ts";

/** Time limit for each other scheme, ms. */
const TRY_MS = 1500;

const OTHERS: Readonly<Record<ProxyScheme, readonly ProxyScheme[]>> = {
  http: ["https", "socks5"],
  https: ["http"],
  socks5: ["http"],
  socks5h: ["http"],
};

/** Returns whether a wrong scheme could be the reason for a fault. */
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
 * Tries the other schemes with the proxy.
 *
 * @returns the fault, with the scheme that the proxy speaks if one was found
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

/** Returns whether the proxy answers in the scheme, even with a refusal. */
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

/** Credentials must not be sent over a connection without TLS. */
function withoutCredentials({ scheme, host, port }: ProxyEndpoint): ProxyEndpoint {
  return { scheme, host, port };
}

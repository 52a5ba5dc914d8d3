/**
 * A closer look at a route after it failed, and for the doctor before it does: the same tunnel, one handshake
 * that is verified and one that is not.
 *
 * @module
 */
import { classify } from "../failure/classify.ts";
import { chainFindings } from "./chain_findings.ts";
import type { Findings } from "../failure/explain.ts";
import type { NetworkFault } from "../failure/fault.ts";
import { type PresentedChain, presentedChain } from "./presented_chain.ts";
import type { Route } from "../route/route.ts";
import { openTunnel, secure, targetOf, type TunnelParts } from "../tunnel/tunnel.ts";

/** Time for the look after a failure, ms: the error has waited long enough. */
const LOOK_MS = 2000;

/** What a probe saw. */
export interface ProbeResult {
  /** What failed; absent where the roots in force accept the server. */
  readonly fault?: NetworkFault;
  /** What was presented, to anybody: for saving, and for judging interception. */
  readonly chain?: PresentedChain;
  readonly findings: Findings;
}

const NOTHING: Findings = { sentences: [], details: {} };

/**
 * Connects to a target by a route, verifies it against the roots in force, and looks at what it presents.
 *
 * @param url `https:` or `wss:`; a target without TLS is only connected to
 * @throws the signal's reason
 */
export async function probe(
  url: URL,
  route: Route,
  parts: TunnelParts,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const fault = await attempt(url, route, parts, signal);
  if (fault !== undefined && !fault.code.startsWith("tls_")) return { fault, findings: NOTHING };
  if (url.protocol === "http:" || url.protocol === "ws:") return { findings: NOTHING };
  return await inspect(url, route, fault, parts, signal);
}

/**
 * The look after a failure. Never throws and never takes long: whatever it cannot find out is left out.
 *
 * @param fault what failed
 * @returns the fault, more exact if possible, and what to say about it
 */
export async function examine(
  fault: NetworkFault,
  url: URL,
  route: Route,
  parts: TunnelParts,
  signal?: AbortSignal,
): Promise<{ readonly fault: NetworkFault; readonly findings?: Findings }> {
  const limit = new AbortController();
  const done = new AbortController();
  parts.world.sleep(LOOK_MS, done.signal).then(() => limit.abort(), () => undefined);
  const until = signal === undefined ? limit.signal : AbortSignal.any([limit.signal, signal]);
  try {
    // Through a proxy over TLS, only another attempt tells whose certificate was refused.
    const oneHandshake = route.kind === "direct" || route.proxy.scheme !== "https";
    if (fault.code.startsWith("tls_") && oneHandshake) {
      const { findings } = await inspect(url, route, fault, parts, until);
      return { fault, findings };
    }
    const seen = await probe(url, route, parts, until);
    if (seen.fault === undefined) return { fault };
    // The runtime's words do not say which end failed, nor what the proxy answered; the tunnel's do.
    const sameKind = seen.fault.code === fault.code || seen.fault.at === "proxy";
    return sameKind ? { fault: { ...fault, ...seen.fault }, findings: seen.findings } : { fault };
  } catch {
    // The failure being explained is the one that counts; a look that failed adds nothing to it.
    return { fault };
  } finally {
    done.abort();
  }
}

async function attempt(
  url: URL,
  route: Route,
  parts: TunnelParts,
  signal: AbortSignal,
): Promise<NetworkFault | undefined> {
  const target = targetOf(url);
  try {
    const conn = await openTunnel(target, route, parts, signal);
    if (url.protocol === "http:" || url.protocol === "ws:") conn.close();
    else (await secure(conn, target.host, parts, signal)).conn.close();
    return undefined;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const fault = classify(error, route);
    if (fault === undefined) throw error;
    return fault;
  }
}

async function inspect(
  url: URL,
  route: Route,
  fault: NetworkFault | undefined,
  parts: TunnelParts,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const { trust, world } = parts;
  const atProxy = fault?.at === "proxy" && route.kind === "proxy";
  const target = atProxy ? { host: route.proxy.host, port: route.proxy.port } : targetOf(url);
  const way: Route = atProxy ? { kind: "direct", reason: "the proxy itself" } : route;
  const conn = await openTunnel(target, way, parts, signal);
  const chain = await presentedChain(conn, target.host, signal);
  const base = fault === undefined ? {} : { fault };
  if (chain === undefined) return { ...base, findings: NOTHING };
  const context = { ...base, host: target.host, trust, now: world.now() };
  return { ...base, chain, findings: await chainFindings(chain, context) };
}

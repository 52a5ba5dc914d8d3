/**
 * A closer look at a route, after it failed or, for the doctor, before: the same tunnel, one handshake that is verified
 * and one that is not.
 *
 * @module
 */
import { deadline } from "../../async/deadline.ts";
import { classify } from "../failure/classify.ts";
import type { Findings } from "../failure/explain.ts";
import type { NetworkFault } from "../failure/fault.ts";
import type { Progress } from "../failure/stage.ts";
import type { Route } from "../route/route.ts";
import { isSecure, openTunnel, secure, targetOf, type TunnelParts } from "../tunnel/tunnel.ts";
import { chainFindings } from "./chain_findings.ts";
import { type PresentedChain, presentedChain } from "./presented_chain.ts";
import { maybeWrongScheme, withRightScheme } from "./proxy_scheme.ts";

/** Time allowed for the look after a failure, ms. */
const LOOK_MS = 2000;

/** What a probe found. */
export interface ProbeResult {
  /** What failed; absent where the roots in force accept the server. */
  readonly fault?: NetworkFault;
  /** The chain that was presented, verified or not. */
  readonly chain?: PresentedChain;
  readonly findings: Findings;
}

const NOTHING: Findings = { sentences: [], details: {} };

/**
 * Connects to a target by a route, verifies it against the roots in force, and reads the chain that it presents.
 *
 * @param url `https:` or `wss:`; with a target without TLS only the tunnel is opened
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
  if (!isSecure(url)) return { findings: NOTHING };
  return await inspect(url, route, fault, parts, signal);
}

/** Tells whether a look at the same route can say more about a fault than the runtime did. */
export function deservesLook(fault: NetworkFault, route: Route): boolean {
  // The server has said what is missing.
  if (fault.condition !== undefined) return false;
  // The server has said what is missing.
  if (fault.condition !== undefined) return false;
  if (fault.code === "proxy_auth" || fault.code === "proxy_refused" || fault.code.startsWith("tls_")) {
    return true;
  }
  return maybeWrongScheme(fault, route);
}

/**
 * Looks at a route after a failure. Never throws, and takes at most two seconds: what it cannot find out in that time
 * is left out.
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
  using limit = deadline(LOOK_MS, parts.world, signal);
  try {
    return await lookAt(fault, url, route, parts, limit.signal);
  } catch {
    // The failure that is being explained matters; a look that fails adds nothing to it.
    return { fault };
  }
}

async function lookAt(
  fault: NetworkFault,
  url: URL,
  route: Route,
  parts: TunnelParts,
  signal: AbortSignal,
): Promise<{ readonly fault: NetworkFault; readonly findings?: Findings }> {
  if (parts.identity !== undefined && fault.code.startsWith("tls_") && fault.at === "target") {
    // `node:tls`, which presents the client certificate, reports most faults of the server's as an unknown issuer; the
    // verified handshake without it reports them exactly, and the server's own certificate comes first.
    const seen = await probe(url, route, { ...parts, identity: undefined }, signal);
    return seen.fault?.code.startsWith("tls_") === true && seen.fault.condition === undefined
      ? { fault: { ...fault, ...seen.fault }, findings: seen.findings }
      : { fault };
  }
  if (parts.identity !== undefined && fault.code.startsWith("tls_") && fault.at === "target") {
    // `node:tls`, which presents the client certificate, reports most faults of the server's as an unknown issuer; the
    // verified handshake without it reports them exactly, and the server's own certificate comes first.
    const seen = await probe(url, route, { ...parts, identity: undefined }, signal);
    return seen.fault?.code.startsWith("tls_") === true && seen.fault.condition === undefined
      ? { fault: { ...fault, ...seen.fault }, findings: seen.findings }
      : { fault };
  }
  const isPlainProxy = route.kind === "proxy" && route.proxy.scheme !== "https";
  if (fault.code.startsWith("tls_") && (route.kind === "direct" || isPlainProxy)) {
    const { findings } = await inspect(url, route, fault, parts, signal);
    return { fault, findings };
  }
  // A proxy that was silent for the whole limit would be silent once more.
  const seen: ProbeResult = fault.code === "connect_timeout"
    ? { fault, findings: NOTHING }
    : await probe(url, route, parts, signal);
  if (seen.fault === undefined) return { fault };
  // The words of the runtime do not say which end failed, nor what the proxy answered; those of the tunnel do.
  const isSame = seen.fault.code === fault.code || seen.fault.at === "proxy" || seen.fault.stage === "tls";
  const exact = isSame ? { ...fault, ...seen.fault } : fault;
  if (route.kind === "proxy" && maybeWrongScheme(exact, route)) {
    return { fault: await withRightScheme(exact, targetOf(url), route, parts, signal) };
  }
  return isSame ? { fault: exact, findings: seen.findings } : { fault };
}

async function attempt(
  url: URL,
  route: Route,
  parts: TunnelParts,
  signal: AbortSignal,
): Promise<NetworkFault | undefined> {
  const target = targetOf(url);
  const progress: Progress = { stage: "resolve" };
  try {
    const tcp = await openTunnel(target, route, parts, signal, progress);
    progress.stage = "tls";
    const { conn } = isSecure(url) ? await secure(tcp, target.host, parts, signal) : { conn: tcp };
    conn.close();
    return undefined;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const fault = classify(error, route, progress.stage);
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

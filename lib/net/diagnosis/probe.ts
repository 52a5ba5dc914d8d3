/**
 * Probes a route, after it failed or, for the doctor, before it is used: with the same tunnel, one handshake
 * that is verified and one that is not.
 *
 * @module
 */
import { deadline } from "../../async/deadline.ts";
import { classify, forClient } from "../failure/classify.ts";
import type { Findings } from "../failure/explain.ts";
import type { NetworkFault } from "../failure/fault.ts";
import type { Progress } from "../failure/stage.ts";
import type { Route } from "../route/route.ts";
import { isSecure, targetOf } from "../target.ts";
import { openTunnel, secure, type TunnelParts } from "../tunnel/tunnel.ts";
import { chainFindings } from "./chain_findings.ts";
import { describer, type PresentedChain, presentedChain } from "./presented_chain.ts";
import { maybeWrongScheme, withRightScheme } from "./proxy_scheme.ts";

/** Time limit of a probe after a failure, ms. */
const LOOK_MS = 2000;

/** The result of a probe. */
export interface ProbeResult {
  /** The failure; absent if the roots in force accept the server. */
  readonly fault?: NetworkFault;
  /** The chain that was presented, verified or not. */
  readonly chain?: PresentedChain;
  readonly findings: Findings;
}

const NOTHING: Findings = { sentences: [], details: {} };

/**
 * Connects to a target over a route, verifies it against the roots in force, and reads the chain that it
 * presents.
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
  const fault = await exactFault(url, route, parts, signal);
  if (fault !== undefined && !isInHandshake(fault)) return { fault, findings: NOTHING };
  if (!isSecure(url)) return { findings: NOTHING };
  return await inspect(url, route, fault, parts, signal);
}

/** Returns whether a probe of the same route can give a more exact fault than the runtime did. */
export function deservesLook(fault: NetworkFault, route: Route): boolean {
  // The server has named the missing certificate.
  if (fault.condition !== undefined) return false;
  if (fault.code === "proxy_auth" || fault.code === "proxy_refused" || isInHandshake(fault)) return true;
  return maybeWrongScheme(fault, route);
}

/**
 * Probes a route after a failure. Never throws, and takes at most two seconds: facts that it cannot find in
 * that time are omitted.
 *
 * @param fault the failure
 * @returns the fault, more exact if possible, and sentences that explain it
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
    // A probe that fails adds nothing to the failure that is explained.
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
    const seen = await probe(url, route, { ...parts, identity: undefined }, signal);
    return isServersFault(seen.fault)
      ? { fault: { ...fault, ...seen.fault }, findings: seen.findings }
      : { fault };
  }
  const isPlainProxy = route.kind === "proxy" && route.proxy.scheme !== "https";
  if (isInHandshake(fault) && (route.kind === "direct" || isPlainProxy)) {
    return { fault, ...await inspect(url, route, fault, parts, signal) };
  }
  // A proxy that was silent for the whole limit would be silent again.
  const seen: ProbeResult = fault.code === "connect_timeout"
    ? { fault, findings: NOTHING }
    : await probe(url, route, parts, signal);
  if (seen.fault === undefined) return { fault };
  // The error text of the runtime contains neither the end that failed nor the answer of the proxy; that of
  // the tunnel does.
  const isSame = seen.fault.code === fault.code || seen.fault.at === "proxy" || seen.fault.stage === "tls";
  const exact = isSame ? { ...fault, ...seen.fault } : fault;
  if (route.kind === "proxy" && maybeWrongScheme(exact, route)) {
    return { fault: await withRightScheme(exact, targetOf(url), route, parts, signal) };
  }
  return isSame ? { fault: exact, findings: seen.findings } : { fault };
}

/**
 * Connects with the client certificate, if there is one, and returns the exact fault. `node:tls`, which
 * presents it, reports most faults of the server's certificate as an unknown issuer; a verified handshake
 * without it reports them exactly.
 */
async function exactFault(
  url: URL,
  route: Route,
  parts: TunnelParts,
  signal: AbortSignal,
): Promise<NetworkFault | undefined> {
  const fault = await attempt(url, route, parts, signal);
  if (parts.identity === undefined || !isServersFault(fault)) return fault;
  const exact = await attempt(url, route, { ...parts, identity: undefined }, signal);
  return isServersFault(exact) ? { ...fault, ...exact } : fault;
}

/** Returns whether TLS failed. A server that refuses the client may close the connection without an alert. */
function isInHandshake({ code, reason }: NetworkFault): boolean {
  return code.startsWith("tls_") || (code === "reset" && reason.includes("during the TLS handshake"));
}

/** Returns whether TLS failed for another reason than the client certificate. */
function isServersFault(fault: NetworkFault | undefined): fault is NetworkFault {
  return fault?.code.startsWith("tls_") === true && fault.at === "target" && fault.condition === undefined;
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
    return forClient(fault, parts.identity !== undefined);
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
  // The client certificate is presented only to a server that the roots in force accept.
  const identity = fault === undefined ? parts.identity : undefined;
  const presented = await presentedChain(conn, target.host, signal, identity);
  const seen = presented === undefined && fault !== undefined
    ? await inTheClear(await openTunnel(target, way, parts, signal), target.host, fault, signal)
    : { chain: presented, fault };
  const base = seen.fault === undefined ? {} : { fault: seen.fault };
  if (seen.chain === undefined) return { ...base, findings: NOTHING };
  const context = { ...base, host: target.host, trust, now: world.now() };
  const { reason, ...findings } = await chainFindings(seen.chain, context);
  if (seen.fault === undefined || reason === undefined) return { ...base, chain: seen.chain, findings };
  return { fault: { ...seen.fault, reason }, chain: seen.chain, findings };
}

/**
 * Makes the fault of a failed handshake more exact, from the unencrypted messages of the server in TLS 1.2.
 */
async function inTheClear(
  conn: Deno.TcpConn,
  host: string,
  fault: NetworkFault,
  signal: AbortSignal,
): Promise<{ readonly fault: NetworkFault; readonly chain: PresentedChain | undefined }> {
  const { serverFlight } = await import("./client_hello.ts");
  const { certificates: ders, requestsCertificate, version } = await serverFlight(conn, host, signal);
  const certificates = (await describer())(ders);
  const chain = certificates.length === 0 ? undefined : { certificates };
  if (fault.condition !== undefined || (fault.code !== "tls_handshake" && fault.code !== "reset")) {
    return { fault, chain };
  }
  if (requestsCertificate) {
    return {
      fault: {
        ...fault,
        code: "tls_handshake",
        reason: "it requires a client certificate",
        condition: "client_certificate_required",
      },
      chain: undefined,
    };
  }
  const isOld = version !== undefined && version !== "TLS 1.2";
  return {
    fault: isOld ? { ...fault, code: "tls_handshake", reason: tooOld(version) } : fault,
    chain: undefined,
  };
}

function tooOld(version: string): string {
  return `it speaks ${version}, which is not secure; TLS 1.2 and 1.3 are offered`;
}

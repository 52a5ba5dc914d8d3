/**
 * A probe of the route to the API, step by step: name, TCP connection, tunnel, TLS handshake. Each step runs
 * once, when the first check needs it.
 *
 * @module
 */
import { deadline } from "../../async/deadline.ts";
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { ProbeResult } from "../../net/diagnosis/probe.ts";
import { classify } from "../../net/failure/classify.ts";
import { type Attempted, explain } from "../../net/failure/explain.ts";
import { targetOf } from "../../net/target.ts";
import { reachFirstHop, resolveFirstHop } from "../../net/tunnel/first_hop.ts";
import { openTunnel, secure, type TunnelParts } from "../../net/tunnel/tunnel.ts";
import { type Interception, interceptionOf, isWorthAskingDirectly } from "./interception.ts";

/** Time limit of the handshake without the proxy, ms. A firewall may drop it without an answer. */
const DIRECT_LIMIT_MS = 800;

/** The steps of one route. */
export class RouteProbe {
  readonly attempted: Attempted;
  readonly #parts: TunnelParts;
  readonly #signal: AbortSignal;
  #tls: Promise<ProbeResult> | undefined;
  #direct: Promise<Pick<ProbeResult, "chain">> | undefined;

  /**
   * @param attempted the target, the route and the roots
   * @param parts what tunnels are opened with
   * @param signal ends every step
   */
  constructor(attempted: Attempted, parts: TunnelParts, signal: AbortSignal) {
    this.attempted = attempted;
    this.#parts = parts;
    this.#signal = signal;
  }

  /** Returns the addresses of the first hop. @throws CulvertError `dns` */
  addresses(): Promise<readonly string[]> {
    return resolveFirstHop(this.attempted, this.#parts, this.#signal);
  }

  /** Connects to the first hop, closes the connection and returns its address. @throws CulvertError `connect*` */
  connect(): Promise<string> {
    return reachFirstHop(this.attempted, this.#parts, this.#signal);
  }

  /** Opens a tunnel to the target and closes it. @throws CulvertError `proxy_auth`, `proxy_refused` and others */
  async tunnel(): Promise<void> {
    const { url, route } = this.attempted;
    try {
      (await openTunnel(targetOf(url), route, this.#parts, this.#signal)).close();
    } catch (error) {
      if (this.#signal.aborted) throw this.#signal.reason;
      throw this.explain(error);
    }
  }

  /** Returns the certificate chain that the target presents, and why the roots in force refuse it. */
  tls(): Promise<ProbeResult> {
    this.#tls ??= this.#probe();
    return this.#tls;
  }

  /**
   * Makes a handshake that offers HTTP/2 and HTTP/1.1, and returns the protocol that the server selects (RFC
   * 7301).
   *
   * @returns `undefined` if it selects none, or if the handshake fails
   */
  async protocol(): Promise<string | undefined> {
    const { url, route } = this.attempted;
    const target = targetOf(url);
    try {
      const tcp = await openTunnel(target, route, this.#parts, this.#signal);
      const { alpn, conn } = await secure(tcp, target.host, this.#parts, this.#signal, ["h2", "http/1.1"]);
      conn.close();
      return alpn;
    } catch (error) {
      if (this.#signal.aborted) throw this.#signal.reason;
      // The failure that led to this handshake is the one that is reported.
      if (classify(error, route) !== undefined) return undefined;
      throw error;
    }
  }

  /** Returns whether TLS is intercepted; `undefined` if no chain was presented. */
  async interception(): Promise<Interception | undefined> {
    const { url, route } = this.attempted;
    return await interceptionOf(await this.tls(), route, async () => {
      if (!isWorthAskingDirectly(url)) return undefined;
      this.#direct ??= this.#probeDirectly();
      return (await this.#direct).chain;
    });
  }

  /** Converts the error of a step. */
  explain(thrown: unknown): CulvertError {
    if (thrown instanceof CulvertError) return thrown;
    const fault = classify(thrown, this.attempted.route);
    return fault === undefined ? asCulvertError(thrown) : explain(fault, this.attempted);
  }

  async #probe(): Promise<ProbeResult> {
    const { url, route } = this.attempted;
    const { probe } = await import("../../net/diagnosis/probe.ts");
    return await probe(url, route, this.#parts, this.#signal);
  }

  /** Handshakes without the proxy, only to compare the certificates: no request is sent on this route. */
  async #probeDirectly(): Promise<Pick<ProbeResult, "chain">> {
    const { probe } = await import("../../net/diagnosis/probe.ts");
    using limit = deadline(DIRECT_LIMIT_MS, this.#parts.world, this.#signal);
    try {
      return await probe(
        this.attempted.url,
        { kind: "direct", reason: "to compare the certificates" },
        this.#parts,
        limit.signal,
      );
    } catch (error) {
      if (limit.isExpired) return {};
      throw error;
    }
  }
}

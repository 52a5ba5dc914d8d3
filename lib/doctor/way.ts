/**
 * The way to the API, step by step: name, connection, tunnel, handshake, reply. Each step is taken once, when the
 * first check asks for it.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../errors.ts";
import { classify } from "../net/classify.ts";
import { type Attempted, explain } from "../net/explain.ts";
import { reachFirstHop, resolveFirstHop } from "../net/first_hop.ts";
import { openTunnel, targetOf, type TunnelParts } from "../net/tunnel.ts";
import type { ProbeResult } from "../net/probe.ts";

/** Stretches of the way. */
export class Way {
  readonly attempted: Attempted;
  readonly #parts: TunnelParts;
  readonly #signal: AbortSignal;
  #seen: Promise<ProbeResult> | undefined;

  /**
   * @param attempted where to, by which route, with which roots
   * @param parts what tunnels are made of
   * @param signal ends every step
   */
  constructor(attempted: Attempted, parts: TunnelParts, signal: AbortSignal) {
    this.attempted = attempted;
    this.#parts = parts;
    this.#signal = signal;
  }

  /** Addresses of the first hop. @throws CulvertError `dns` */
  names(): Promise<readonly string[]> {
    return resolveFirstHop(this.attempted, this.#parts, this.#signal);
  }

  /** The address that takes a connection. @throws CulvertError `connect` and its kin */
  connection(): Promise<string> {
    return reachFirstHop(this.attempted, this.#parts, this.#signal);
  }

  /** Opens a tunnel and lets go of it. @throws CulvertError `proxy_auth`, `proxy_refused`, … */
  async tunnel(): Promise<void> {
    const { url, route } = this.attempted;
    try {
      (await openTunnel(targetOf(url), route, this.#parts, this.#signal)).close();
    } catch (error) {
      if (this.#signal.aborted) throw this.#signal.reason;
      throw this.explain(error);
    }
  }

  /** What the target presents, and whether the roots in force accept it. */
  seen(): Promise<ProbeResult> {
    this.#seen ??= this.#look();
    return this.#seen;
  }

  /** The error that anything thrown on the way amounts to. */
  explain(thrown: unknown): CulvertError {
    if (thrown instanceof CulvertError) return thrown;
    const fault = classify(thrown, this.attempted.route);
    return fault === undefined ? asCulvertError(thrown) : explain(fault, this.attempted);
  }

  async #look(): Promise<ProbeResult> {
    const { url, route } = this.attempted;
    const { probe } = await import("../net/probe.ts");
    return await probe(url, route, this.#parts, this.#signal);
  }
}

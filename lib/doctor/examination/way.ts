/**
 * The way to the API, step by step: name, connection, tunnel, handshake, reply. Each step is taken once, when the
 * first check asks for it.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import { classify } from "../../net/failure/classify.ts";
import { type Attempted, explain } from "../../net/failure/explain.ts";
import { reachFirstHop, resolveFirstHop } from "../../net/tunnel/first_hop.ts";
import type { ProbeResult } from "../../net/diagnosis/probe.ts";
import { openTunnel, targetOf, type TunnelParts } from "../../net/tunnel/tunnel.ts";
import { type Interception, interceptionOf, isWorthAskingDirectly } from "./interception.ts";

/** How long a host may take to answer past its proxy, ms. */
const DIRECT_LOOK_MS = 800;

/** Stretches of the way. */
export class Way {
  readonly attempted: Attempted;
  readonly #parts: TunnelParts;
  readonly #signal: AbortSignal;
  #seen: Promise<ProbeResult> | undefined;
  #direct: Promise<Pick<ProbeResult, "chain">> | undefined;

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

  /** Whether somebody reads along; nothing where no chain was seen. */
  async interception(): Promise<Interception | undefined> {
    const { url, route } = this.attempted;
    return await interceptionOf(await this.seen(), route, async () => {
      if (!isWorthAskingDirectly(url)) return undefined;
      this.#direct ??= this.#lookDirectly();
      return (await this.#direct).chain;
    });
  }

  /** The error that anything thrown on the way amounts to. */
  explain(thrown: unknown): CulvertError {
    if (thrown instanceof CulvertError) return thrown;
    const fault = classify(thrown, this.attempted.route);
    return fault === undefined ? asCulvertError(thrown) : explain(fault, this.attempted);
  }

  async #look(): Promise<ProbeResult> {
    const { url, route } = this.attempted;
    const { probe } = await import("../../net/diagnosis/probe.ts");
    return await probe(url, route, this.#parts, this.#signal);
  }

  /** A handshake past the proxy and nothing more: no turn ever goes this way. Behind a firewall there is no answer. */
  async #lookDirectly(): Promise<Pick<ProbeResult, "chain">> {
    const { probe } = await import("../../net/diagnosis/probe.ts");
    const { sleep } = this.#parts.world;
    const late = new AbortController();
    const done = new AbortController();
    sleep(DIRECT_LOOK_MS, done.signal).then(() => late.abort(), () => undefined);
    const signal = AbortSignal.any([late.signal, this.#signal]);
    try {
      return await probe(this.attempted.url, { kind: "direct", reason: "to compare" }, this.#parts, signal);
    } catch (error) {
      if (late.signal.aborted && !this.#signal.aborted) return {};
      throw error;
    } finally {
      done.abort();
    }
  }
}

/**
 * A conversation with one provider: what outlives a turn.
 *
 * @module
 */
import type { Authenticator } from "../../auth/authenticator.ts";
import { RequestScope } from "../../auth/request_scope.ts";
import type { Provider } from "../../config/provider.ts";
import type { TransportChoice } from "../../config/settings.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { Observer } from "../../net/observer.ts";
import type { World } from "../../world/world.ts";
import { BodyDrainer } from "../transport/sse/body_drainer.ts";
import { ConnectionSlot } from "../transport/websocket/connection_slot.ts";
import { SseTransport } from "../transport/sse/sse_transport.ts";
import { type Identity, newIdentity } from "../request/identity.ts";
import { RateLimitBook } from "../events/rate_limits.ts";
import type { TurnRequest } from "../request/request.ts";
import { SessionTurn, type Turn, type TurnOptions } from "./turn.ts";
import { TurnFacts } from "./turn_facts.ts";
import { checkedTrace } from "../request/trace_context.ts";
import type { TurnState } from "../request/turn_state.ts";
import { WarmUp, type WarmUpOutcome } from "../transport/websocket/warm_up.ts";
import type { WebSocketTransport } from "../transport/websocket/websocket_transport.ts";
import type { Transport, TransportSelector } from "../transport/transport.ts";
import { TransportPolicy } from "../transport/transport_policy.ts";

/** What a session stands on. */
export interface SessionOptions {
  readonly dialer: Dialer;
  readonly authenticator: Authenticator;
  readonly provider: Provider;
  readonly world: World;
  readonly observer?: Observer;
  /** Default `auto`. */
  readonly transport?: TransportChoice;
  /** Default: a fresh one. */
  readonly identity?: Identity;
  /** Whether the server is asked for its own timings, told as `culvert.server_timings`. Websocket alone. Default false. */
  readonly serverTimings?: boolean;
}

/**
 * A session: its ids, the wire it takes, the connection it keeps, the rate limits it knows. One turn at a
 * time; a second one beside it works, on a connection of its own. The dialer remains its maker's.
 */
export class Session implements Disposable {
  readonly #options: SessionOptions;
  readonly #identity: Identity;
  readonly #limits = new RateLimitBook();
  readonly #etags = new Set<string>();
  readonly #slot = new ConnectionSlot();
  readonly #choice: TransportPolicy;
  readonly #drainer: BodyDrainer;
  #warmUp: WarmUp | undefined;
  #isPrewarmed = false;

  /** @param options what it stands on; nothing is opened yet */
  constructor(options: SessionOptions) {
    const { identity, provider, transport = "auto", world } = options;
    this.#options = options;
    this.#identity = identity ?? newIdentity(world.env);
    this.#drainer = new BodyDrainer(world);
    this.#choice = new TransportPolicy(transport, provider.supportsWebsockets);
  }

  /**
   * Makes a turn. Nothing is sent before it is read.
   *
   * @throws CulvertError `usage` when the options hold a trace that is none, or continue what is no turn of a session
   */
  turn(request: TurnRequest, options: TurnOptions = {}): Turn {
    const { authenticator, observer, provider, world } = this.#options;
    const trace = options.trace === undefined ? {} : { trace: checkedTrace(options.trace) };
    const former = options.continues === undefined ? undefined : SessionTurn.partsOf(options.continues);
    const turnId = former?.context.turnId ?? crypto.randomUUID();
    return new SessionTurn(request, {
      provider,
      authenticator,
      world,
      ...(observer === undefined ? {} : { observer }),
      context: { identity: this.#identity, turnId, kind: "turn", ...trace },
      facts: former?.facts.followUp(request.model) ??
        new TurnFacts(request.model, this.#limits, this.#warmUp?.claimState(), this.#etags),
      transports: this.#transports(),
    }, options);
  }

  /**
   * Opens the websocket and sends the settings of `request`, without its input, so that the next turn need
   * not. Does nothing where the wire is SSE, or something is warm already. Resolves when it is over, however
   * it went; the next turn waits for it, but no longer than a connection may take.
   */
  prewarm(request: TurnRequest): Promise<void> {
    if (this.#choice.transport === "sse" || (this.#warmUp !== undefined && this.#isPrewarmed)) {
      return Promise.resolve();
    }
    this.#isPrewarmed = true;
    return this.#warm(async (state, signal) => {
      const { prewarm } = await import("./prewarm.ts");
      const parts = {
        scope: this.#scope(),
        context: { identity: this.#identity, turnId: crypto.randomUUID(), kind: "prewarm" } as const,
        // What it hears of the model list is nobody's to read yet; the first turn is told again.
        facts: new TurnFacts(request.model, this.#limits, state),
        transport: await this.#websocketTransport(true),
      };
      return await prewarm(request, parts, signal);
    });
  }

  /**
   * Opens the websocket and says nothing over it, for callers who do not know yet what they will ask. Does
   * nothing where the wire is SSE, or a connection is there already. Resolves when it is over, however it went;
   * the next turn waits for it, but no longer than a connection may take.
   */
  preconnect(): Promise<void> {
    if (this.#choice.transport === "sse" || this.#warmUp !== undefined) return Promise.resolve();
    this.#isPrewarmed = false;
    return this.#warm(async (state, signal) => {
      const { preconnect } = await import("../transport/websocket/preconnect.ts");
      const transport = await this.#websocketTransport();
      return await preconnect({ scope: this.#scope(), identity: this.#identity, transport, state }, signal);
    });
  }

  /** The scope of a request that belongs to no turn. A 401 is left to the first turn, whose recovery is bounded. */
  #scope(): RequestScope {
    const ids = { sessionId: this.#identity.sessionId };
    return new RequestScope({ ...this.#options, ids, recovers: false });
  }

  #warm(step: (state: TurnState, signal: AbortSignal) => Promise<WarmUpOutcome>): Promise<void> {
    this.#warmUp ??= new WarmUp(this.#options.world);
    return this.#warmUp.add(async (state, signal) => {
      // A step before may have found out that there is no websocket.
      if (this.#choice.transport === "sse") return;
      const outcome = await step(state, signal);
      if (outcome.kind === "warm") {
        this.#choice.defer({ type: "culvert.prewarm", response_id: outcome.responseId });
      } else if (outcome.kind === "failed" && !signal.aborted) {
        const change = this.#choice.reconsider(outcome.attempt);
        if (change !== undefined) this.#choice.defer(change.event);
      }
    });
  }

  /** Drops the connection, if there is one. Turns that still run are not ended. */
  close(): void {
    this.#warmUp?.stop();
    this.#slot.clear();
    this.#drainer.close();
  }

  /** The same as {@link Session.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #websocketTransport(warmUp = false): Promise<WebSocketTransport> {
    const { WebSocketTransport } = await import("../transport/websocket/websocket_transport.ts");
    const { dialer, provider, serverTimings = false, world } = this.#options;
    return new WebSocketTransport({ dialer, provider, world, slot: this.#slot, warmUp, serverTimings });
  }

  #transports(): TransportSelector {
    const { dialer, provider, world } = this.#options;
    const http = new SseTransport({ dialer, provider, world, drainer: this.#drainer });
    let socket: Promise<Transport> | undefined;
    return {
      select: async () => {
        await this.#warmedUp();
        return this.#choice.transport === "sse" ? http : await (socket ??= this.#websocketTransport());
      },
      pending: () => this.#choice.pending(),
      reconsider: (attempt) => this.#choice.reconsider(attempt),
    };
  }

  /** Waits for a warm-up as long as a connection may take, counted from its start; then it is given up. */
  async #warmedUp(): Promise<void> {
    const warmUp = this.#warmUp;
    if (warmUp === undefined) return;
    this.#warmUp = undefined;
    await warmUp.over(this.#options.provider.websocketConnectTimeoutMs);
  }
}

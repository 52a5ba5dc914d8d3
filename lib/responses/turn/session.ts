/**
 * A conversation with one provider: everything that outlives a turn.
 *
 * @module
 */
import { RequestScope } from "../../auth/request_scope.ts";
import type { Authenticator } from "../../auth/authenticator.ts";
import type { Provider } from "../../config/provider.ts";
import type { TransportChoice } from "../../config/settings.ts";
import type { Connection } from "../../connect/connect.ts";
import { asCulvertError, type CulvertError } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import { type Observer, SILENT } from "../../net/observer.ts";
import { describeRoute } from "../../net/route/route.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { World } from "../../world/world.ts";
import { RateLimitBook } from "../events/rate_limits.ts";
import { type Identity, newIdentity, type RequestContext, type RequestKind } from "../request/identity.ts";
import type { InferenceTrace, StartInferenceTrace } from "../request/inference_trace.ts";
import type { TurnRequest } from "../request/request.ts";
import { checkedTrace } from "../request/trace_context.ts";
import { TurnState } from "../request/turn_state.ts";
import { possibleBaseUrls } from "../request/url.ts";
import { fallbackKey, type FallbackMemory, FileFallbackMemory } from "../transport/fallback_memory.ts";
import { BodyDrainer } from "../transport/sse/body_drainer.ts";
import { SseTransport } from "../transport/sse/sse_transport.ts";
import type { FailedAttempt, Transport, TransportChange, TransportSelector } from "../transport/transport.ts";
import { TransportPolicy, UPGRADE_TIMEOUT_MS } from "../transport/transport_policy.ts";
import { ConnectionSlot } from "../transport/websocket/connection_slot.ts";
import { Preparation, type PreparationOutcome } from "../transport/websocket/preparation.ts";
import type { WebSocketTransport } from "../transport/websocket/websocket_transport.ts";
import { ToolTurn } from "./tools/tool_turn.ts";
import { SessionTurn, type Turn, type TurnOptions } from "./turn.ts";
import { TurnFacts } from "./turn_facts.ts";

/** What a session is built from. */
export interface SessionOptions {
  readonly dialer: Dialer;
  readonly authenticator: Authenticator;
  readonly provider: Provider;
  readonly world: World;
  readonly observer?: Observer;
  /** Default `auto`. */
  readonly transport?: TransportChoice;
  /** Default: a new one. */
  readonly identity?: Identity;
  /** For a new identity. Default: none is sent. */
  readonly installationId?: string;
  /** What the turns are for. Default `turn`. */
  readonly requestKind?: RequestKind;
  /** Whether the server is asked for its own timings (`culvert.server_timings`). Websocket only. Default false. */
  readonly serverTimings?: boolean;
  /** Remembers for later processes which hosts carry no websocket. Default: nothing is remembered. */
  readonly fallbackMemory?: FallbackMemory;
  /** Longest wait for the answer to a websocket upgrade before SSE is used, with `auto`, ms. Default 2,000. */
  readonly upgradeTimeoutMs?: number;
  /** Longest `Retry-After` that is waited out, ms. Default 60,000. */
  readonly maxRetryAfterMs?: number;
  /** Starts the inference trace of the session. Default: none is written. */
  readonly startInferenceTrace?: StartInferenceTrace;
  /** Rewords the error of a turn for the caller. Default: message and hint name flags of the command line. */
  readonly wordError?: (error: CulvertError) => CulvertError;
}

/** Returns the options of a session over a connection, with a memory of fallbacks in the home folder of the settings. */
export function sessionOptions(connection: Connection<Authenticator>): SessionOptions {
  const { settings: { codexHome, installationId, provider, transport }, world } = connection;
  const known = installationId === undefined ? {} : { installationId };
  const options = { ...connection, provider, transport, ...known };
  // The simulated network listens on another port each time.
  if (provider.id === "demo") return options;
  const path = absolutePath("culvert/websocket_fallback.json", codexHome);
  return { ...options, fallbackMemory: new FileFallbackMemory(path, world) };
}

/** A compaction of the conversation of a session: what its request says of the session. */
export interface Compaction {
  readonly context: RequestContext;
  /** Sticky state, which the next turn goes on with. */
  readonly state: TurnState;
  /** Counts the window of the session up. To be called when the conversation was compacted. */
  readonly done: () => void;
}

/**
 * A session: its ids, its transport, the connection it keeps, the rate limits it knows. One turn at a time is the
 * rule; a second one at the same time uses a connection of its own. The dialer is not closed by the session.
 */
export class Session implements Disposable {
  readonly #options: SessionOptions;
  #identity: Identity;
  /** State of a compaction, for the next turn. */
  #compacted: TurnState | undefined;
  readonly #limits = new RateLimitBook();
  readonly #etags = new Set<string>();
  readonly #slot = new ConnectionSlot();
  readonly #policy: TransportPolicy;
  readonly #drainer: BodyDrainer;
  readonly #trace: InferenceTrace | undefined;
  #recalled: Promise<void> | undefined;
  #stored: Promise<void> | undefined;
  #preparation: Preparation | undefined;
  #isPrewarmed = false;

  /** Opens nothing. */
  constructor(options: SessionOptions) {
    const { identity, provider, transport = "auto", world } = options;
    this.#options = options;
    this.#identity = identity ?? newIdentity(world.env, options.installationId);
    this.#trace = options.startInferenceTrace?.({ ...this.#identity, provider: provider.id });
    this.#drainer = new BodyDrainer(world);
    this.#policy = new TransportPolicy(transport, provider.supportsWebsockets);
  }

  /**
   * Makes a turn. Nothing is sent before it is read.
   *
   * @throws CulvertError `usage` for a trace that is not valid, or where `continues` is not a turn of a session
   */
  turn(request: TurnRequest, options: TurnOptions = {}): Turn {
    const { continues: former, toolFunctions, ...rest } = options;
    const continues = former instanceof ToolTurn ? former.latest : former;
    const each = { ...rest, ...(continues === undefined ? {} : { continues }) };
    if (toolFunctions === undefined) return this.#requestTurn(request, each);
    // The turn of the first request is made when the turn is read, which is too late for an error of the caller.
    if (options.trace !== undefined) checkedTrace(options.trace);
    if (continues !== undefined) SessionTurn.partsOf(continues);
    const turn = (next: TurnRequest, nextOptions: TurnOptions) => this.#requestTurn(next, nextOptions);
    const traced = this.#trace === undefined ? {} : { inferenceTrace: this.#trace };
    return new ToolTurn(request, { ...each, ...traced, toolFunctions, turn, world: this.#options.world });
  }

  #requestTurn(request: TurnRequest, options: TurnOptions): Turn {
    const {
      authenticator,
      maxRetryAfterMs,
      observer,
      provider,
      requestKind: kind = "turn",
      wordError,
      world,
    } = this.#options;
    const trace = options.trace === undefined ? {} : { trace: checkedTrace(options.trace) };
    const former = options.continues === undefined ? undefined : SessionTurn.partsOf(options.continues);
    const turnId = former?.context.turnId ?? crypto.randomUUID();
    return new SessionTurn(request, {
      provider,
      authenticator,
      world,
      ...(observer === undefined ? {} : { observer }),
      ...(maxRetryAfterMs === undefined ? {} : { maxRetryAfterMs }),
      ...(wordError === undefined ? {} : { wordError }),
      ...(this.#trace === undefined ? {} : { inferenceTrace: this.#trace }),
      context: { identity: this.#identity, turnId, kind, startedAt: world.now(), ...trace },
      facts: former?.facts.followUp(request.model) ??
        new TurnFacts(request.model, this.#limits, this.#claimState(), this.#etags),
      transports: this.#transports(),
    }, options);
  }

  /**
   * Begins a compaction of the conversation. Nothing is sent.
   *
   * @param within the turn that the compaction is a part of; by default it stands before the next turn
   * @throws CulvertError `usage` where `within` is not a turn of a session
   */
  compaction(within?: Turn): Compaction {
    const turn = within === undefined ? undefined : SessionTurn.partsOf(within);
    const identity = this.#identity;
    return {
      context: { identity, turnId: turn?.context.turnId ?? crypto.randomUUID(), kind: "compaction" },
      state: turn?.facts.state ?? (this.#compacted ??= new TurnState()),
      done: () => {
        this.#identity = { ...identity, window: (identity.window ?? 0) + 1 };
      },
    };
  }

  #claimState(): TurnState | undefined {
    const state = this.#compacted ?? this.#preparation?.claimState();
    this.#compacted = undefined;
    return state;
  }

  /**
   * Opens the websocket and sends the settings of `request` without its input, so that the next turn sends its input
   * alone. Does nothing if the transport is SSE, or where this was done already. Resolves when it has ended,
   * successfully or not; the next turn waits for it, at most as long as a connection may take.
   */
  async prewarm(request: TurnRequest): Promise<void> {
    await this.#recallFallback();
    if (this.#policy.transport === "sse") return;
    if (this.#preparation !== undefined && this.#isPrewarmed) return await this.#preparation.done;
    this.#isPrewarmed = true;
    await this.#prepare(async (state, signal) => {
      const { prewarm } = await import("./prewarm.ts");
      const parts = {
        scope: this.#scope(),
        context: { identity: this.#identity, turnId: crypto.randomUUID(), kind: "prewarm" } as const,
        // Nobody reads the events of this response; the first turn yields what it finds out again.
        facts: new TurnFacts(request.model, this.#limits, state),
        transport: await this.#websocketTransport(true),
      };
      return await prewarm(request, parts, signal);
    });
  }

  /**
   * Opens the websocket and sends nothing over it, for callers that do not know their first request yet. Does nothing
   * where the transport is SSE, or where a connection is prepared already. Resolves when it has ended, successfully or
   * not; the next turn waits for it, at most as long as a connection may take.
   */
  async preconnect(): Promise<void> {
    await this.#recallFallback();
    if (this.#policy.transport === "sse") return;
    if (this.#preparation !== undefined) return await this.#preparation.done;
    this.#isPrewarmed = false;
    await this.#prepare(async (state, signal) => {
      const { preconnect } = await import("../transport/websocket/preconnect.ts");
      const transport = await this.#websocketTransport();
      return await preconnect({ scope: this.#scope(), identity: this.#identity, transport, state }, signal);
    });
  }

  /** Waits until what later processes are to know is stored. Never rejects. */
  async flush(): Promise<void> {
    await this.#stored;
  }

  /** Waits until the replies of complete turns are read to their end: 100 ms at most. Never rejects. */
  async settled(): Promise<void> {
    await this.#drainer.settled();
  }

  /** Closes the kept connection. Turns that still run are not ended. */
  close(): void {
    this.#preparation?.stop();
    this.#slot.close();
    this.#drainer.close();
    this.#trace?.close();
  }

  /** The same as {@link Session.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** The scope of a request that belongs to no turn. A 401 is left to the first turn, whose recovery is bounded. */
  #scope(): RequestScope {
    const ids = { sessionId: this.#identity.sessionId };
    return new RequestScope({ ...this.#options, ids, recovers: false });
  }

  #prepare(step: (state: TurnState, signal: AbortSignal) => Promise<PreparationOutcome>): Promise<void> {
    this.#preparation ??= new Preparation(this.#options.world);
    return this.#preparation.add(async (state, signal) => {
      // An earlier step may have found that the host carries no websocket.
      if (this.#policy.transport === "sse") return;
      const outcome = await step(state, signal);
      if (outcome.kind === "warm") {
        this.#policy.defer({ type: "culvert.prewarm", response_id: outcome.responseId });
      } else if (outcome.kind === "failed" && !signal.aborted) {
        const change = this.#reconsider(outcome.attempt);
        if (change !== undefined) this.#policy.defer(change.event);
      }
    });
  }

  async #websocketTransport(prewarms = false): Promise<WebSocketTransport> {
    const { WebSocketTransport } = await import("../transport/websocket/websocket_transport.ts");
    const { dialer, provider, serverTimings = false, upgradeTimeoutMs = UPGRADE_TIMEOUT_MS, world } =
      this.#options;
    return new WebSocketTransport({
      dialer,
      provider,
      world,
      slot: this.#slot,
      prewarms,
      serverTimings,
      ...(this.#policy.mayFallBack ? { upgradeTimeoutMs } : {}),
    });
  }

  #transports(): TransportSelector {
    const { dialer, provider, world } = this.#options;
    const sse = new SseTransport({ dialer, provider, world, drainer: this.#drainer });
    let websocket: Promise<Transport> | undefined;
    return {
      select: async () => {
        await this.#recallFallback();
        await this.#prepared();
        return this.#policy.transport === "sse" ? sse : await (websocket ??= this.#websocketTransport());
      },
      pending: () => this.#policy.pending(),
      reconsider: (attempt) => this.#reconsider(attempt),
    };
  }

  /** Waits for a running preparation, at most as long as a connection may take, counted from its start. */
  async #prepared(): Promise<void> {
    const preparation = this.#preparation;
    await preparation?.over(this.#options.provider.websocketConnectTimeoutMs);
    // Kept until then, so that closing the session stops it.
    if (this.#preparation === preparation) this.#preparation = undefined;
  }

  /** Starts with SSE where an earlier process found that the host carries no websocket. Asks the memory once. */
  #recallFallback(): Promise<void> {
    const { fallbackMemory, provider, world } = this.#options;
    if (fallbackMemory === undefined || !this.#policy.mayFallBack) return Promise.resolve();
    return this.#recalled ??= (async () => {
      for (const url of possibleBaseUrls(provider)) {
        const fallback = await fallbackMemory.recall(this.#keyOf(url));
        if (fallback !== undefined) this.#policy.recalled(fallback, world.now());
      }
    })();
  }

  #reconsider(attempt: FailedAttempt): TransportChange | undefined {
    const change = this.#policy.reconsider(attempt);
    const { fallbackMemory, observer = SILENT, provider } = this.#options;
    const [url = attempt.url] = attempt.url === undefined ? possibleBaseUrls(provider) : [attempt.url];
    if (change?.remembered === undefined || fallbackMemory === undefined || url === undefined) return change;
    this.#stored = fallbackMemory.remember(this.#keyOf(url), change.remembered).catch((thrown: unknown) => {
      const message = `the fallback to SSE is not remembered: ${asCulvertError(thrown).message}`;
      observer.observe({ kind: "note", level: "debug", message });
    });
    return change;
  }

  #keyOf(url: URL): string {
    const target = new URL(url);
    // An upgrade may be reported by its websocket URL.
    target.protocol = url.protocol === "wss:" || url.protocol === "https:" ? "https:" : "http:";
    return fallbackKey(target, describeRoute(this.#options.dialer.routes.resolve(target)));
  }
}

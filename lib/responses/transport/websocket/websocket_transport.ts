/**
 * Carries a request over a websocket: over the one that is kept, or a new one.
 *
 * @module
 */
import type { Provider } from "../../../config/provider.ts";
import { CulvertError } from "../../../errors.ts";
import type { Dialer } from "../../../net/dialer/dialer.ts";
import type { World } from "../../../world/world.ts";
import type { ConnectionSlot } from "./connection_slot.ts";
import { LastExchange } from "./incremental.ts";
import { shownUrl } from "../../request/url.ts";
import type { Refusal } from "../../failures/http_failures.ts";
import { TURN_STATE, type TurnState } from "../../request/turn_state.ts";
import { type Caller, type FrameOverrides, handshake, requestFrame } from "./websocket_call.ts";
import { WebSocketConnection } from "./websocket_connection.ts";
import { WebSocketStream } from "./websocket_stream.ts";
import { type Call, MAX_EVENT_LENGTH, type Opened, type Transport } from "../transport.ts";

/** What a transport stands on. */
export interface WebSocketTransportOptions {
  readonly dialer: Dialer;
  readonly provider: Provider;
  readonly world: World;
  readonly slot: ConnectionSlot;
  /** A warm-up: the settings are sent without the input, and nothing is generated. */
  readonly warmUp?: boolean;
  /** Whether the server is asked for its own timings. Default false. */
  readonly serverTimings?: boolean;
}

/** How a connection attempt without a request ended. */
export type Preconnected =
  | { readonly kind: "connected"; readonly headers: Headers }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** The Responses API over a websocket. One response at a time on a connection. */
export class WebSocketTransport implements Transport {
  readonly name = "websocket";
  readonly #options: WebSocketTransportOptions;

  /** @param options what it stands on */
  constructor(options: WebSocketTransportOptions) {
    this.#options = options;
  }

  /** @throws CulvertError of the network, TLS and configuration codes; the signal's reason when aborted */
  open = async (call: Call): Promise<Opened> => {
    const { provider, slot } = this.#options;
    const kept = slot.take();
    if (kept !== undefined && await whileWanted(kept, call.signal, () => kept.isUsable())) {
      const overrides = kept.last?.continuation(call.request, provider.name) ?? {};
      // A write that fails finds out what the ping could not: the connection is gone, and a new one is
      // opened.
      if (await this.#send(kept, call, overrides).then(() => true, isBroken)) return this.#stream(kept, call);
    }
    call.signal.throwIfAborted();
    const { authorization, context, request } = call;
    const caller: Caller = { authorization, identity: context.identity, first: { context, request } };
    const connection = await this.#connect(caller, call.signal);
    if (!(connection instanceof WebSocketConnection)) return { kind: "refused", refusal: connection };
    await this.#send(connection, call, {});
    return this.#stream(connection, call);
  };

  /**
   * Opens a connection before any request and keeps it. One that is kept already serves as the answer.
   *
   * @param state is offered the sticky state that servers of an earlier protocol version send on the upgrade
   * @throws CulvertError of the network, TLS and configuration codes; the signal's reason when aborted
   */
  preconnect = async (
    caller: Caller,
    state: TurnState,
    signal: AbortSignal,
  ): Promise<Preconnected> => {
    const { slot } = this.#options;
    if (slot.isTaken) return { kind: "connected", headers: new Headers() };
    const connection = await this.#connect(caller, signal);
    if (!(connection instanceof WebSocketConnection)) return { kind: "refused", refusal: connection };
    if (signal.aborted) {
      connection.channel.drop();
      throw signal.reason;
    }
    state.offer(connection.channel.headers.get(TURN_STATE));
    connection.keepUnused();
    slot.put(connection);
    return { kind: "connected", headers: connection.channel.headers };
  };

  async #connect(caller: Caller, signal: AbortSignal): Promise<WebSocketConnection | Refusal> {
    const { dialer, provider, serverTimings = false, world } = this.#options;
    const { url, headers } = handshake({ ...caller, serverTimings }, provider);
    const outcome = await dialer.openWebSocket({
      url,
      headers,
      signal,
      connectTimeoutMs: provider.websocketConnectTimeoutMs,
      maxMessageBytes: MAX_EVENT_LENGTH,
    });
    if (outcome.kind === "open") return new WebSocketConnection(outcome.channel, shownUrl(url), world);
    const { status, headers: answer, body } = outcome;
    const attempted = `The websocket upgrade of ${shownUrl(url)}`;
    return { status, headers: answer, body, url, attempted };
  }

  /** Bounded by the idle limit: a peer that takes nothing in is as good as gone. */
  async #send(connection: WebSocketConnection, call: Call, continuation: FrameOverrides): Promise<void> {
    const { provider, warmUp, world } = this.#options;
    const overrides: FrameOverrides = warmUp === true ? { input: [], generate: false } : continuation;
    const sent = new AbortController();
    const drop = () => connection.channel.drop();
    const late = world.sleep(provider.streamIdleTimeoutMs, sent.signal).then(drop, () => {});
    try {
      const frame = requestFrame(call, provider, overrides, world.now());
      await whileWanted(connection, call.signal, () => connection.channel.send(frame));
    } catch (error) {
      drop();
      throw error;
    } finally {
      sent.abort();
      await late;
    }
  }

  #stream(connection: WebSocketConnection, call: Call): Opened {
    const { provider, slot, warmUp, world } = this.#options;
    const request = warmUp === true ? { ...call.request, input: [] } : call.request;
    const stream = new WebSocketStream(connection, connection.head(), {
      world,
      idleTimeoutMs: provider.streamIdleTimeoutMs,
      signal: call.signal,
      keep: (kept, response) => {
        kept.last = new LastExchange(request, response);
        slot.put(kept);
      },
    });
    return { kind: "open", stream };
  }
}

/** Works on a connection; it is dropped, and the work so ended, when the signal is aborted meanwhile. */
async function whileWanted<T>(
  { channel }: WebSocketConnection,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const drop = () => channel.drop();
  signal.addEventListener("abort", drop, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener("abort", drop);
  }
}

function isBroken(error: unknown): false {
  if (error instanceof CulvertError) return false;
  throw error;
}

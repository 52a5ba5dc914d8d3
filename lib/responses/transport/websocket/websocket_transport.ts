/**
 * The websocket transport: uses the stored connection, or opens a new one.
 *
 * @module
 */
import { deadline } from "../../../async/deadline.ts";
import type { Provider } from "../../../config/provider.ts";
import { CulvertError } from "../../../errors.ts";
import type { Dialer } from "../../../net/dialer/dialer.ts";
import type { World } from "../../../world/world.ts";
import type { Refusal } from "../../failures/http_failures.ts";
import type { SentRequest } from "../../request/inference_trace.ts";
import { requestJson } from "../../request/request_json.ts";
import { TURN_STATE, type TurnState } from "../../request/turn_state.ts";
import { shownUrl } from "../../request/url.ts";
import { httpCallBody } from "../sse/http_call.ts";
import { type Call, MAX_EVENT_LENGTH, type Opened, type Transport } from "../transport.ts";
import type { ConnectionSlot } from "./connection_slot.ts";
import { LastExchange } from "./incremental.ts";
import {
  type Caller,
  extraHeadersKey,
  type FrameOverrides,
  handshake,
  type RequestMessage,
  requestMessage,
} from "./websocket_call.ts";
import { WebSocketConnection } from "./websocket_connection.ts";
import { WebSocketStream } from "./websocket_stream.ts";

/** The parts that the transport is built from. */
export interface WebSocketTransportOptions {
  readonly dialer: Dialer;
  readonly provider: Provider;
  readonly world: World;
  /** The stored connection of the session. */
  readonly slot: ConnectionSlot;
  /**
   * For a prewarm request: the settings are sent without the input, and no answer is generated. Default
   * false.
   */
  readonly prewarms?: boolean;
  /** Whether the server's own timings are requested. Default false. */
  readonly serverTimings?: boolean;
  /** Longest wait for the answer to the upgrade, ms. Default: that of the whole connection. */
  readonly upgradeTimeoutMs?: number;
}

/** The outcome of a connection attempt without a request. */
export type Preconnected =
  | { readonly kind: "connected"; readonly headers: Headers }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Sends requests over a websocket, one response at a time on each connection. */
export class WebSocketTransport implements Transport {
  readonly name = "websocket";
  readonly #options: WebSocketTransportOptions;

  /** Opens no connection. */
  constructor(options: WebSocketTransportOptions) {
    this.#options = options;
  }

  /**
   * @throws CulvertError of the network, TLS and configuration codes, `message_too_large` for a request that the server
   *   does not accept in one message; the reason of the signal when it is aborted
   */
  open = async (call: Call): Promise<Opened> => {
    const { provider, slot } = this.#options;
    const kept = slot.take();
    if (kept !== undefined && await this.#isUsable(kept, call)) {
      const overrides = kept.last?.continuation(call.request, provider.name) ?? {};
      // A failed write shows that the connection is closed although the ping succeeded; a new one is opened.
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
   * Opens a connection before the first request and stores it. A connection that is already stored is used
   * instead.
   *
   * @param state receives the sticky state that servers of an earlier protocol version send with the upgrade
   * @throws CulvertError of the network, TLS and configuration codes; the reason of the signal when it is
   * aborted
   */
  preconnect = async (caller: Caller, state: TurnState, signal: AbortSignal): Promise<Preconnected> => {
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

  /**
   * Returns whether a stored connection works and was opened with the headers of this request; otherwise it
   * is dropped.
   */
  async #isUsable(kept: WebSocketConnection, { request, signal }: Call): Promise<boolean> {
    if (kept.extraHeaders === extraHeadersKey(request)) {
      return await dropOnAbort(kept, signal, () => kept.isUsable());
    }
    kept.channel.drop();
    return false;
  }

  async #connect(caller: Caller, signal: AbortSignal): Promise<WebSocketConnection | Refusal> {
    const { dialer, provider, serverTimings = false, upgradeTimeoutMs, world } = this.#options;
    const { headers, url } = handshake({ ...caller, serverTimings }, provider);
    const outcome = await dialer.openWebSocket({
      url,
      headers,
      signal,
      connectTimeoutMs: provider.websocketConnectTimeoutMs,
      ...(upgradeTimeoutMs === undefined ? {} : { upgradeTimeoutMs }),
      maxMessageBytes: MAX_EVENT_LENGTH,
    });
    if (outcome.kind === "open") {
      return new WebSocketConnection(
        outcome.channel,
        shownUrl(url),
        extraHeadersKey(caller.first?.request),
        world,
      );
    }
    const { body, headers: answer, status } = outcome;
    return { status, headers: answer, body, url, attempted: `The websocket upgrade of ${shownUrl(url)}` };
  }

  /**
   * Sends the frame of a request. A peer that does not receive it within the idle limit is treated as
   * disconnected.
   */
  async #send(connection: WebSocketConnection, call: Call, continuation: FrameOverrides): Promise<void> {
    const { provider, prewarms, world } = this.#options;
    const overrides: FrameOverrides = prewarms === true ? { input: [], generate: false } : continuation;
    const { recorder } = call;
    const message = requestMessage(call, provider, overrides, world.now(), recorder?.begin());
    const frame = requestJson(message);
    const drop = () => connection.channel.drop();
    using limit = deadline(provider.streamIdleTimeoutMs, world);
    limit.signal.addEventListener("abort", drop, { once: true });
    try {
      checkLength(frame, connection);
      recorder?.sending(sentRequest(message, call, provider));
      await dropOnAbort(connection, call.signal, () => connection.channel.send(frame));
    } catch (error) {
      drop();
      throw error;
    }
  }

  #stream(connection: WebSocketConnection, call: Call): Opened {
    const { provider, slot, prewarms, world } = this.#options;
    const request = prewarms === true ? { ...call.request, input: [] } : call.request;
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

/** Returns the request for the trace. */
function sentRequest(message: RequestMessage, call: Call, provider: Provider): SentRequest {
  const body = { ...message };
  if (body.previous_response_id === undefined) return { body };
  return { body, wholeInput: () => httpCallBody(call, provider).input };
}

/** @throws CulvertError `message_too_large` for a frame above the limit that the upgrade stated */
function checkLength(frame: string, { maxRequestBytes }: WebSocketConnection): void {
  // A UTF-16 unit becomes at most 3 bytes of UTF-8.
  if (maxRequestBytes === undefined || frame.length * 3 <= maxRequestBytes) return;
  const bytes = new TextEncoder().encode(frame).length;
  if (bytes <= maxRequestBytes) return;
  throw new CulvertError(
    "message_too_large",
    `The request has ${bytes} bytes; the server accepts ${maxRequestBytes} bytes in one websocket message`,
    {
      hint: "Send less, or use --transport sse.",
      details: { request_bytes: bytes, limit_bytes: maxRequestBytes },
    },
  );
}

/** Runs work on a connection, which is dropped if the signal is aborted meanwhile. */
async function dropOnAbort<T>(
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

/**
 * Returns whether the request may be sent over a new connection: a failed write to a stored connection is not
 * a failure of the request, unless the request is too large.
 */
function isBroken(error: unknown): false {
  if (error instanceof CulvertError && error.code !== "message_too_large") return false;
  throw error;
}

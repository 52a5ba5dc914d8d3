/**
 * An open websocket: reads frames from a connection into a bounded queue of messages, and writes messages to it.
 *
 * @module
 */
import type { CulvertError } from "../../errors.ts";
import { deadline } from "../../async/deadline.ts";
import { raceAbort } from "../../async/race_abort.ts";
import type { World } from "../../world/world.ts";
import type { Route } from "../route/route.ts";
import { type ByteConn, closeQuietly } from "../tunnel/byte_conn.ts";
import { ExpansionError } from "./bounded_deflate.ts";
import { frameSink } from "./frame_sink.ts";
import { MessageQueue } from "./message_queue.ts";
import type { CloseInformation, WebSocketChannel, WebSocketMessage } from "./websocket.ts";
import {
  closedByPeer,
  droppedHere,
  expandsTooFar,
  messageTooLarge,
  noPong,
  websocketEnded,
} from "./websocket_errors.ts";
import { type Extensions, type PerMessageDeflate, Receiver, Sender } from "./ws_parts.ts";

const READ_BYTES = 65_536;
/** Maximum number of fragments of one message: the default of `ws`. */
const MAX_FRAGMENTS = 131_072;
/** Close codes of a normal end: 1000, and a close frame without a code (RFC 6455 §7.4.1). */
const NORMAL_ENDS = new Set([1000, 1005]);
/** Longest reason of a close frame, bytes (RFC 6455 §5.5). */
const MAX_REASON_BYTES = 123;
/** Default time limit for the peer's close frame, ms. */
const CLOSE_LIMIT_MS = 2000;
/** The code for a missing close frame (RFC 6455 §7.1.5). */
const ABNORMAL: CloseInformation = { code: 1006, reason: "", clean: false };

/** The parts that a channel is built from. */
export interface ChannelParts {
  /** The channel takes ownership. */
  readonly conn: ByteConn;
  readonly headers: Headers;
  readonly subprotocol: string | undefined;
  readonly url: URL;
  readonly route: Route;
  readonly world: World;
  readonly maxMessageBytes: number;
  /** The negotiated compression, if any. */
  readonly deflate?: PerMessageDeflate;
  /** Bytes that arrived with the head of the answer. */
  readonly early: Uint8Array;
  /** Converts an error of the connection. */
  readonly broken: (thrown: unknown) => CulvertError;
}

/** How the channel ended; without an error if it ended normally. */
interface End {
  readonly error?: CulvertError;
}

/** Implements {@link WebSocketChannel}. */
export class Channel implements WebSocketChannel {
  readonly headers: Headers;
  readonly route: Route;
  readonly subprotocol: string | undefined;
  readonly #parts: ChannelParts;
  readonly #receiver: Receiver;
  readonly #sender: Sender;
  readonly #queue = new MessageQueue();
  /** Pending pings by their payload. */
  readonly #pings = new Map<string, () => void>();
  readonly #ended = Promise.withResolvers<void>();
  #end: End | undefined;
  #closeInformation: CloseInformation | undefined;
  /** Whether this side has sent a close frame. */
  #isClosing = false;
  #pingCount = 0;
  #isPonging = false;
  #nextPong: Uint8Array | undefined;

  /** @param parts contains the connection, which the channel takes over */
  constructor(parts: ChannelParts) {
    const { deflate } = parts;
    const extensions: Extensions = deflate === undefined ? {} : { "permessage-deflate": deflate };
    this.headers = parts.headers;
    this.route = parts.route;
    this.subprotocol = parts.subprotocol;
    this.#parts = parts;
    this.#receiver = new Receiver({
      extensions,
      isServer: false,
      maxPayload: parts.maxMessageBytes,
      maxFragments: MAX_FRAGMENTS,
      allowSynchronousEvents: true,
    });
    this.#sender = new Sender(frameSink(parts.conn), extensions);
    this.#sender.onerror = (error) => this.#fail(parts.broken(error));
    this.#listen();
    void this.#pump();
  }

  get isOpen(): boolean {
    return this.#end === undefined && !this.#isClosing;
  }

  get closeInformation(): CloseInformation | undefined {
    return this.#closeInformation;
  }

  send(message: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return reject(this.#unusable());
      const binary = typeof message !== "string";
      const options = { binary, fin: true, mask: true, compress: this.#parts.deflate !== undefined };
      this.#sender.send(message, options, (thrown) => {
        if (thrown === undefined || thrown === null) return resolve();
        const error = this.isOpen ? this.#parts.broken(thrown) : this.#unusable();
        this.#fail(error);
        reject(error);
      });
    });
  }

  async receive(signal?: AbortSignal): Promise<readonly string[]> {
    const texts = await this.#queue.texts(signal);
    if (texts === undefined) {
      this.#abandon(
        1003,
        websocketEnded(this.#parts, "sent a binary message although the protocol uses text", 1003),
      );
    }
    return this.#delivered(texts ?? []);
  }

  async receiveMessages(signal?: AbortSignal): Promise<readonly WebSocketMessage[]> {
    return this.#delivered(await this.#queue.messages(signal));
  }

  async ping(limitMs: number): Promise<void> {
    if (!this.isOpen) throw this.#unusable();
    // With a full queue the socket is not read, so no pong could arrive; unread messages show that the peer
    // is alive.
    if (this.#queue.isFull) return;
    const payload = `culvert ${++this.#pingCount}`;
    using limit = deadline(limitMs, this.#parts.world);
    const answered = new Promise<void>((resolve) => this.#pings.set(payload, resolve));
    const sent = new Promise<void>((resolve, reject) =>
      this.#sender.ping(payload, true, (thrown) => thrown ? reject(this.#parts.broken(thrown)) : resolve())
    );
    try {
      await raceAbort(Promise.all([sent, answered]), limit.signal);
    } catch (error) {
      throw limit.isExpired ? noPong(this.#parts, limitMs) : error;
    } finally {
      this.#pings.delete(payload);
    }
    if (!this.isOpen) throw this.#unusable();
  }

  async close(code = 1000, reason = "", limitMs = CLOSE_LIMIT_MS): Promise<CloseInformation> {
    if (!isSendable(code)) throw new RangeError(`The close code ${code} must not be sent (RFC 6455 §7.4)`);
    if (this.isOpen) {
      this.#sendClose(code, reason);
      this.#queue.clear();
    }
    using limit = deadline(limitMs, this.#parts.world);
    await raceAbort(this.#ended.promise, limit.signal).catch(() => this.#settle({}, ABNORMAL));
    this.#closeConnection();
    return this.#closeInformation ?? ABNORMAL;
  }

  drop(): void {
    this.#settle({ error: droppedHere(this.#parts) });
    this.#queue.clear();
    this.#closeConnection();
  }

  #delivered<T extends WebSocketMessage>(messages: readonly T[]): readonly T[] {
    if (messages.length === 0 && this.#end?.error !== undefined) throw this.#end.error;
    return messages;
  }

  #listen(): void {
    const receiver = this.#receiver;
    receiver.on("message", (data: Uint8Array, isBinary: boolean) => {
      if (this.isOpen) this.#queue.push(isBinary ? new Uint8Array(data) : data.toString());
    });
    receiver.on("ping", (data: Uint8Array) => this.#pong(data));
    receiver.on("pong", (data: Uint8Array) => this.#pings.get(data.toString())?.());
    receiver.on("conclude", (code: number, reason: Uint8Array) => this.#concluded(code, reason.toString()));
    receiver.on("error", (error: Error) => this.#refuse(error));
  }

  /**
   * Answers a ping. If several pings arrive while a pong is written, only the latest is answered (RFC 6455
   * §5.5.3), so that a peer that does not read cannot fill the memory.
   */
  #pong(data: Uint8Array): void {
    if (!this.isOpen) return;
    if (this.#isPonging) {
      this.#nextPong = data;
      return;
    }
    this.#isPonging = true;
    // If a pong cannot be sent, the next read or write reports it.
    this.#sender.pong(data, true, () => {
      this.#isPonging = false;
      const next = this.#nextPong;
      this.#nextPong = undefined;
      if (next !== undefined) this.#pong(next);
    });
  }

  async #pump(): Promise<void> {
    const { conn, early } = this.#parts;
    const buffer = new Uint8Array(READ_BYTES);
    try {
      if (early.length > 0) await this.#feed(early);
      while (this.#end === undefined) {
        if (this.#queue.isFull) {
          await this.#queue.hasSpace();
          continue;
        }
        const count = await conn.read(buffer);
        if (count === null) {
          throw websocketEnded(this.#parts, "closed the websocket without a close frame", 1006);
        }
        // A copy of the bytes, because the decoder keeps parts of it.
        await this.#feed(buffer.slice(0, count));
      }
    } catch (error) {
      this.#settle(this.#isClosing ? {} : { error: this.#parts.broken(error) }, ABNORMAL);
      // The caller may not use the websocket for long, and the connection is of no further use.
      this.#closeConnection();
    }
  }

  #feed(bytes: Uint8Array): Promise<void> {
    // The decoder also emits its error as an event.
    return new Promise((resolve) => this.#receiver.write(bytes, () => resolve()));
  }

  #concluded(code: number, reason: string): void {
    const isNormal = this.#isClosing || NORMAL_ENDS.has(code);
    const end = isNormal ? {} : { error: websocketEnded(this.#parts, "closed the websocket", code, reason) };
    const wasOpen = this.isOpen;
    this.#settle(end, { code, reason, clean: true });
    if (wasOpen) this.#sendClose(code === 1005 ? undefined : code, "");
    else this.#closeConnection();
  }

  /** Fails the channel because the decoder refused the bytes. */
  #refuse(error: Error): void {
    if (error instanceof ExpansionError) {
      return this.#abandon(1009, expandsTooFar(this.#parts, error.factor));
    }
    const code: unknown = Reflect.get(error, "code");
    if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" || code === "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH") {
      return this.#abandon(1009, messageTooLarge(this.#parts, this.#parts.maxMessageBytes));
    }
    const closeCode = code === "WS_ERR_INVALID_UTF8" ? 1007 : 1002;
    const what = `broke the websocket protocol (${error.message})`;
    this.#abandon(closeCode, websocketEnded(this.#parts, what, closeCode));
  }

  /**
   * Fails the channel because of a message of the peer, sends the peer the close code, and does not wait for
   * an answer.
   */
  #abandon(code: number, error: CulvertError): void {
    const wasOpen = this.isOpen;
    this.#settle({ error }, { code, reason: "", clean: false });
    if (wasOpen) this.#sendClose(code, "");
    else this.#closeConnection();
  }

  /** Sends a close frame, after which the connection is closed if the channel has ended. */
  #sendClose(code: number | undefined, reason: string): void {
    this.#isClosing = true;
    this.#sender.close(code, cut(reason), true, () => {
      if (this.#end !== undefined) this.#closeConnection();
    });
  }

  #closeConnection(): void {
    closeQuietly(this.#parts.conn);
    const { deflate } = this.#parts;
    if (deflate === undefined || this.#receiver.writableEnded) return;
    // The decompressor may be running: it is released when the decoder has finished or failed.
    const release = () => deflate.cleanup();
    if (this.#receiver.errored !== null) return release();
    this.#receiver.once("finish", release);
    this.#receiver.once("error", release);
    this.#receiver.end();
  }

  #fail(error: CulvertError): void {
    this.#settle({ error }, ABNORMAL);
  }

  #settle(end: End, information?: CloseInformation): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#closeInformation = information;
    this.#queue.end();
    this.#ended.resolve();
    for (const wake of this.#pings.values()) wake();
  }

  #unusable(): CulvertError {
    if (this.#end?.error !== undefined) return this.#end.error;
    return this.#isClosing && this.#end === undefined ? droppedHere(this.#parts) : closedByPeer(this.#parts);
  }
}

/** Truncates a close reason at a character boundary to the size that a close frame allows. */
function cut(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_REASON_BYTES));
  return reason.slice(0, read);
}

function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1014 && !(code >= 1004 && code <= 1006)) || (code >= 3000 && code <= 4999);
}

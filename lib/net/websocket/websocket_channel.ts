/**
 * A websocket that is open: messages out of a connection in batches, back-pressure into it.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";
import type { WebSocketChannel } from "./websocket.ts";
import { hostAndPort } from "../failure/explain.ts";
import { frameSink } from "./frame_sink.ts";
import { describeRoute, type Route } from "../route/route.ts";
import { closeQuietly } from "../tunnel/tunnel.ts";
import { type PerMessageDeflate, Receiver, Sender } from "./ws_parts.ts";

const READ_BYTES = 65_536;
/** Characters of messages that may wait for a reader before the socket is left alone. */
const BUFFERED_CHARS = 262_144;
/** Fragments of one message at most: the limit that `ws` itself sets. */
const MAX_FRAGMENTS = 131_072;
/** Close codes of an end in good order: normal, and a close frame without a code (RFC 6455 §7.4.1). */
const GOOD_ENDS = new Set([1000, 1005]);

/** What a channel stands on. */
export interface ChannelParts {
  readonly conn: Deno.Conn;
  readonly headers: Headers;
  readonly url: URL;
  readonly route: Route;
  readonly world: World;
  readonly maxMessageBytes: number;
  /** The agreed compression, if any. */
  readonly deflate?: PerMessageDeflate;
  /** Bytes that came with the head of the answer. */
  readonly early: Uint8Array;
  /** Translates what the connection throws. */
  readonly broken: (thrown: unknown) => CulvertError;
}

type End = { readonly kind: "good" } | { readonly kind: "failed"; readonly error: CulvertError };

/** See {@link WebSocketChannel}. */
export class Channel implements WebSocketChannel {
  readonly headers: Headers;
  readonly route: Route;
  readonly #parts: ChannelParts;
  readonly #receiver: Receiver;
  readonly #sender: Sender;
  readonly #pongs = new Map<string, () => void>();
  #messages: string[] = [];
  #buffered = 0;
  #end: End | undefined;
  #isClosed = false;
  #pings = 0;
  #wakeReader: (() => void) | undefined;
  #wakePump: (() => void) | undefined;

  /** @param parts with the connection, which now belongs to the channel */
  constructor(parts: ChannelParts) {
    const { deflate } = parts;
    const extensions = deflate === undefined ? {} : { "permessage-deflate": deflate };
    this.headers = parts.headers;
    this.route = parts.route;
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
    return this.#end === undefined && !this.#isClosed;
  }

  send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return reject(this.#unusable());
      const options = { binary: false, fin: true, mask: true, compress: this.#parts.deflate !== undefined };
      this.#sender.send(text, options, (thrown) => {
        if (thrown === undefined || thrown === null) return resolve();
        const error = this.#isClosed ? this.#unusable() : this.#parts.broken(thrown);
        this.#fail(error);
        reject(error);
      });
    });
  }

  async receive(signal?: AbortSignal): Promise<readonly string[]> {
    signal?.throwIfAborted();
    if (this.#messages.length === 0 && this.#end === undefined) await this.#arrival(signal);
    if (this.#messages.length === 0) {
      if (this.#end?.kind === "failed") throw this.#end.error;
      return [];
    }
    const batch = this.#messages;
    this.#messages = [];
    this.#buffered = 0;
    this.#wakePump?.();
    return batch;
  }

  async ping(limitMs: number): Promise<void> {
    if (!this.isOpen) throw this.#unusable();
    // Unread messages hold the socket back, so that no pong could be seen; they show that it lives.
    if (this.#buffered >= BUFFERED_CHARS) return;
    const payload = `culvert ${++this.#pings}`;
    const done = new AbortController();
    const answered = new Promise<boolean>((resolve) => this.#pongs.set(payload, () => resolve(true)));
    const late = this.#parts.world.sleep(limitMs, done.signal).then(() => false, () => false);
    try {
      const sent = new Promise<void>((resolve, reject) =>
        this.#sender.ping(payload, true, (thrown) => thrown ? reject(this.#parts.broken(thrown)) : resolve())
      );
      await Promise.race([sent, late]);
      if (await Promise.race([answered, late])) {
        if (!this.isOpen) throw this.#unusable();
        return;
      }
    } finally {
      done.abort();
      this.#pongs.delete(payload);
    }
    throw new CulvertError(
      "idle_timeout",
      `${this.#peer} did not answer a websocket ping within ${limitMs} ms`,
      {
        details: { host: this.#parts.url.host, timeout_ms: limitMs },
      },
    );
  }

  drop(): void {
    this.#isClosed = true;
    this.#end ??= {
      kind: "failed",
      error: new CulvertError("websocket", `The websocket to ${this.#peer} was dropped on this side`),
    };
    this.#letGo();
    this.#messages = [];
    this.#wakeAll();
  }

  get #peer(): string {
    return hostAndPort(this.#parts.url);
  }

  #listen(): void {
    const receiver = this.#receiver;
    receiver.on("message", (data: Uint8Array, isBinary: boolean) => {
      if (this.#end !== undefined) return;
      if (isBinary) {
        return this.#protest(1003, this.#broke("sent a binary frame, where text is the protocol", 1003));
      }
      const text = data.toString();
      this.#messages.push(text);
      this.#buffered += text.length;
      this.#wakeReader?.();
    });
    receiver.on("ping", (data: Uint8Array) => {
      // A pong that cannot be sent shows in the next read or write.
      if (this.isOpen) this.#sender.pong(data, true, () => {});
    });
    receiver.on("pong", (data: Uint8Array) => this.#pongs.get(data.toString())?.());
    receiver.on("conclude", (code: number, reason: Uint8Array) => this.#concluded(code, reason.toString()));
    receiver.on("error", (error: Error) => this.#refuse(error));
  }

  async #pump(): Promise<void> {
    const { conn, early } = this.#parts;
    const buffer = new Uint8Array(READ_BYTES);
    try {
      if (early.length > 0) await this.#feed(early);
      while (this.#end === undefined) {
        if (this.#buffered >= BUFFERED_CHARS) {
          await new Promise<void>((resolve) => this.#wakePump = resolve);
          continue;
        }
        const count = await conn.read(buffer);
        if (count === null) {
          return this.#fail(this.#broke("closed the websocket without a close frame", 1006));
        }
        // A copy of what came: the decoder keeps pieces of it.
        await this.#feed(buffer.slice(0, count));
      }
    } catch (error) {
      if (!this.#isClosed) this.#fail(this.#parts.broken(error));
    }
  }

  #feed(bytes: Uint8Array): Promise<void> {
    // An error of the decoder comes by its event, too.
    return new Promise((resolve) => this.#receiver.write(bytes, () => resolve()));
  }

  #concluded(code: number, reason: string): void {
    if (this.#end !== undefined) return;
    this.#settle(
      GOOD_ENDS.has(code)
        ? { kind: "good" }
        : { kind: "failed", error: this.#broke("closed the websocket", code, reason) },
    );
    this.#leave(code === 1005 ? undefined : code);
  }

  /** The decoder refuses what came. */
  #refuse(error: Error): void {
    const code: unknown = Reflect.get(error, "code");
    if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" || code === "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH") {
      const limit = this.#parts.maxMessageBytes;
      return this.#protest(
        1009,
        new CulvertError(
          "message_too_large",
          `${this.#peer} sent a message above the limit of ${limit} bytes`,
          {
            details: { host: this.#parts.url.host, limit_bytes: limit },
          },
        ),
      );
    }
    const closing = code === "WS_ERR_INVALID_UTF8" ? 1007 : 1002;
    this.#protest(closing, this.#broke(`broke the websocket protocol (${error.message})`, closing));
  }

  #protest(code: number, error: CulvertError): void {
    this.#fail(error);
    this.#leave(code);
  }

  /** Sends a close frame if that goes at once, and lets go. */
  #leave(code: number | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sender.close(code, "", true, () => this.#letGo());
  }

  #letGo(): void {
    closeQuietly(this.#parts.conn);
    this.#parts.deflate?.cleanup();
  }

  #fail(error: CulvertError): void {
    this.#settle({ kind: "failed", error });
  }

  #settle(end: End): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#wakeAll();
  }

  #wakeAll(): void {
    this.#wakeReader?.();
    this.#wakePump?.();
    for (const wake of this.#pongs.values()) wake();
  }

  #arrival(signal: AbortSignal | undefined): Promise<void> {
    if (this.#wakeReader !== undefined) {
      return Promise.reject(new CulvertError("internal", "Two readers wait on one websocket"));
    }
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#wakeReader = undefined;
        signal?.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        settle();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#wakeReader = () => {
        settle();
        resolve();
      };
    });
  }

  #unusable(): CulvertError {
    if (this.#end?.kind === "failed") return this.#end.error;
    return new CulvertError("reset", `The websocket to ${this.#peer} was closed by its peer`);
  }

  #broke(what: string, closeCode: number, reason = ""): CulvertError {
    const shown = reason.replace(/[^\x20-\x7e]/g, "").slice(0, 120);
    return new CulvertError(
      closeCode === 1006 ? "reset" : "websocket",
      `${this.#peer} ${what} (close code ${closeCode}${shown === "" ? "" : `, "${shown}"`})`,
      {
        details: {
          host: this.#parts.url.host,
          route: describeRoute(this.#parts.route),
          close_code: closeCode,
          ...(shown === "" ? {} : { close_reason: shown }),
        },
      },
    );
  }
}

/**
 * Records the messages of a websocket. Both directions are fed into the receiver of `ws`, which reassembles
 * fragments and undoes permessage-deflate (RFC 7692); the connection itself is relayed untouched.
 *
 * @module
 */
import type { Direction } from "../../net/exchange_tap.ts";
import type { PerMessageDeflate, Receiver } from "../../net/websocket/ws_parts.ts";
import { redactedBytes } from "./body_recorder.ts";
import type { CaptureRedaction } from "./capture_redaction.ts";
import type { CaptureWriter } from "./store/capture_writer.ts";
import { dataOf, jsonType, type Place, responseTags } from "./decode/event_facts.ts";
import { LOST, type SocketMessageRecord } from "./format.ts";

/** Largest message that is decoded, bytes. */
const MAX_MESSAGE = 128 * 1024 * 1024;

/** Options of {@link SocketRecorder.open}. */
export interface SocketRecorderOptions {
  readonly writer: CaptureWriter;
  readonly redaction: CaptureRedaction;
  /** Where and when a record belongs. */
  readonly place: (at: number) => Place;
  /** The `Sec-WebSocket-Extensions` field of the 101 response. */
  readonly extensions: string | undefined;
}

/** Records one websocket. Calls must not overlap. */
export class SocketRecorder {
  readonly #options: SocketRecorderOptions;
  readonly #receivers: Record<Direction, FeedReceiver>;
  #index = 0;
  #isClosed = false;
  #firstEnd: Direction | undefined;
  #responseId: string | undefined;

  private constructor(options: SocketRecorderOptions, receivers: Record<Direction, FeedReceiver>) {
    this.#options = options;
    this.#receivers = receivers;
  }

  /** Starts a recorder at the first byte after the 101 response. */
  static async open(options: SocketRecorderOptions): Promise<SocketRecorder> {
    const [request, response] = [
      await createReceiver(options.extensions, true),
      await createReceiver(options.extensions, false),
    ];
    return new SocketRecorder(options, { request, response });
  }

  /** Takes bytes of one direction. Never rejects. */
  async bytes(direction: Direction, data: Uint8Array, at: number): Promise<void> {
    for (const frame of await this.#receivers[direction].feed(data)) this.#record(direction, frame, at);
  }

  /** Takes note of bytes that are missing. No frame behind them can be found. */
  lost(direction: Direction): void {
    this.#receivers[direction].fail(LOST);
  }

  /**
   * Takes the end of one direction.
   *
   * @returns whether the websocket is over
   */
  end(direction: Direction, at: number): boolean {
    this.#receivers[direction].end();
    if (this.#firstEnd === undefined) {
      this.#firstEnd = direction;
      return false;
    }
    // RFC 6455 §7.1.5: without a close frame the code is 1006.
    this.#close(this.#firstEnd, 1006, "", at);
    return true;
  }

  #record(direction: Direction, frame: Frame, at: number): void {
    const { writer, redaction } = this.#options;
    if (frame.kind === "close") {
      this.#close(direction, frame.code, redaction.text(frame.reason, "text/plain", false), at);
      return;
    }
    const content = frame.opcode === 1 && frame.text !== undefined
      ? { text: redaction.text(frame.text, undefined, false) }
      : redactedBinary(frame.data, redaction);
    const type = frame.text === undefined ? undefined : jsonType(frame.text);
    const begins = type === "response.created" && frame.text !== undefined
      ? responseTags(frame.text, redaction.label)
      : undefined;
    if (type === "response.create") this.#responseId = undefined;
    this.#responseId = begins?.["response_id"] ?? this.#responseId;
    const record: Omit<SocketMessageRecord, "v" | "seq"> = {
      ...this.#options.place(at),
      ...(begins === undefined ? {} : { tags: begins }),
      kind: "ws.message",
      index: this.#index++,
      dir: direction === "request" ? "send" : "receive",
      opcode: frame.opcode,
      size: frame.data.length,
      ...(content.text === undefined ? { omitted: "secret" as const } : dataOf(writer.store(content.text))),
      ...(type === undefined ? {} : { json_type: redaction.label(type) }),
      ...(this.#responseId === undefined || direction === "request" ? {} : { response_id: this.#responseId }),
    };
    writer.append(record);
  }

  #close(by: Direction, code: number, reason: string, at: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const fault = this.#receivers.request.fault ?? this.#receivers.response.fault;
    this.#options.writer.append({
      ...this.#options.place(at),
      kind: "ws.close",
      code,
      reason,
      by: by === "request" ? "client" : "server",
      ...(fault === undefined ? {} : { decode_error: fault }),
    });
  }
}

function redactedBinary(data: Uint8Array, redaction: CaptureRedaction): { readonly text?: string } {
  const { encoding, text } = redactedBytes(data, "text/plain", redaction, false);
  if (text === undefined) return {};
  return { text: encoding === "base64" ? text : new TextEncoder().encode(text).toBase64() };
}

/** A message or control frame. */
type Frame =
  | {
    readonly kind: "message";
    readonly opcode: 1 | 2 | 9 | 10;
    readonly data: Uint8Array;
    readonly text?: string;
  }
  | { readonly kind: "close"; readonly code: number; readonly reason: string };

/** Bytes of one direction in, frames out. */
interface FeedReceiver {
  /** Returns the frames that the bytes complete. Never rejects. */
  readonly feed: (data: Uint8Array) => Promise<readonly Frame[]>;
  readonly end: () => void;
  /** Ends the decoding for a reason. */
  readonly fail: (reason: string) => void;
  /** Why nothing can be decoded any more. */
  readonly fault: string | undefined;
}

async function createReceiver(extensions: string | undefined, isServer: boolean): Promise<FeedReceiver> {
  const { PerMessageDeflate, Receiver } = await import("../../net/websocket/ws_parts.ts");
  let deflate: PerMessageDeflate | undefined;
  try {
    deflate = await acceptDeflate(extensions, isServer);
  } catch (error) {
    return undecodable(`Sec-WebSocket-Extensions: ${error instanceof Error ? error.message : String(error)}`);
  }
  const receiver = new Receiver({
    extensions: deflate === undefined ? {} : { [PerMessageDeflate.extensionName]: deflate },
    isServer,
    maxPayload: MAX_MESSAGE,
    maxFragments: 1 << 20,
    allowSynchronousEvents: true,
  });
  return feedReceiver(receiver, () => deflate?.cleanup());
}

/**
 * Makes the decompression of one direction; `undefined` where messages are not compressed.
 *
 * @throws Error where a server answered with extensions that are not valid
 */
async function acceptDeflate(
  extensions: string | undefined,
  isServer: boolean,
): Promise<PerMessageDeflate | undefined> {
  if (extensions === undefined) return undefined;
  const { extension, PerMessageDeflate } = await import("../../net/websocket/ws_parts.ts");
  const accepted = extension.parse(extensions)[PerMessageDeflate.extensionName];
  if (accepted === undefined) return undefined;
  const deflate = new PerMessageDeflate({ isServer, maxPayload: MAX_MESSAGE });
  // The parameters of the response are those that both ends use.
  deflate.accept(accepted);
  return deflate;
}

/** Returns a receiver that finds no frames. */
function undecodable(fault: string): FeedReceiver {
  return { fault, feed: () => Promise.resolve([]), fail: () => {}, end: () => {} };
}

function feedReceiver(receiver: Receiver, cleanUp: () => void): FeedReceiver {
  let frames: Frame[] = [];
  let fault: string | undefined;
  let wake = () => {};
  receiver.on("message", (data: Uint8Array, isBinary: boolean) => {
    const text = isBinary ? {} : { text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(data) };
    frames.push({ kind: "message", opcode: isBinary ? 2 : 1, data, ...text });
  });
  receiver.on("ping", (data: Uint8Array) => frames.push({ kind: "message", opcode: 9, data }));
  receiver.on("pong", (data: Uint8Array) => frames.push({ kind: "message", opcode: 10, data }));
  receiver.on("conclude", (code: number, reason: Uint8Array) => {
    frames.push({ kind: "close", code, reason: new TextDecoder().decode(reason) });
    wake();
  });
  receiver.on("error", (error: Error) => {
    fault ??= error.message;
    wake();
  });
  return {
    feed: async (data) => {
      if (fault !== undefined || receiver.destroyed || receiver.writableEnded) return [];
      const { Buffer } = await import("node:buffer");
      await new Promise<void>((resolve) => {
        wake = resolve;
        // The receiver unmasks in place, and the bytes belong to the relay.
        receiver.write(Buffer.from(data), () => resolve());
      });
      const complete = frames;
      frames = [];
      return complete;
    },
    fail: (reason) => {
      fault ??= reason;
    },
    end: () => {
      cleanUp();
      receiver.destroy();
    },
    get fault() {
      return fault;
    },
  };
}

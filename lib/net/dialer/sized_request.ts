/**
 * Sends a request whose body is a stream of known length, with `Content-Length`. The runtime's client sends
 * every stream in chunks (Deno 2.9.6), which storage services refuse, so the request is written to a separate
 * connection.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { CulvertError } from "../../errors.ts";
import { hostAndPort } from "../failure/explain.ts";
import { FaultError } from "../failure/fault.ts";
import type { RouteTable } from "../route/route.ts";
import { isSecure, targetOf } from "../target.ts";
import type { ByteReader } from "../tunnel/byte_conn.ts";
import type { ByteStream } from "../tunnel/byte_stream.ts";
import type { ConnectParts } from "../tunnel/establish.ts";
import { readBody } from "../tunnel/http/http_body.ts";
import { type HttpHead, readHead } from "../tunnel/http/http_head.ts";
import type { HttpRequest } from "./dialer.ts";
import { openByteStream } from "./open_byte_stream.ts";

/** Longest head of an answer, bytes. */
const HEAD_LIMIT = 65_536;
/** Longest body of an answer, bytes. */
const BODY_LIMIT = 1024 * 1024;
/** Headers that are set here; the caller's values under these names are ignored. */
const OWN = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "accept-encoding",
  "expect",
]);

/** A request with a body of known length. */
export interface SizedRequest extends Omit<HttpRequest, "body" | "headers"> {
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly bodySize: number;
}

/**
 * Sends the request. `headerTimeoutMs` is the longest time without progress: neither a byte sent nor an
 * answer.
 *
 * @returns the answer, with at most 1 MiB of its body
 * @throws CulvertError of the network and TLS codes; `header_timeout`; the error of the body; the signal's
 * reason
 */
export async function sendSized(
  request: SizedRequest,
  routes: RouteTable,
  parts: ConnectParts,
): Promise<Response> {
  const { headerTimeoutMs, signal, url } = request;
  const limits = request.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: request.connectTimeoutMs };
  const stream = await openByteStream(
    targetOf(url),
    { tls: isSecure(url), ...limits, ...(signal === undefined ? {} : { signal }) },
    routes,
    parts,
  );
  const idle = new IdleLimit(headerTimeoutMs, parts, () => stream.close());
  const stop = () => stream.close();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await exchange(request, stream, idle, signal);
  } catch (thrown) {
    signal?.throwIfAborted();
    if (idle.isExpired) throw idleError(request);
    throw thrown instanceof FaultError ? parts.broken(thrown, url, stream.route) : thrown;
  } finally {
    signal?.removeEventListener("abort", stop);
    idle.stop();
    stream.close();
  }
}

async function exchange(
  request: SizedRequest,
  stream: ByteStream,
  idle: IdleLimit,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const reader = byteReader(stream);
  const writer = stream.writable.getWriter();
  await writer.write(headOf(request));
  // A server that refuses the request answers before it has read the body, and may close then.
  const answer = readAnswerHead(reader);
  const answered = answer.then(() => true, () => true);
  const sent = await sendBody(request, writer, idle, answered);
  const head = await answer.catch((thrown: unknown) => {
    throw sent ?? thrown;
  });
  const text = await readBody(reader, head, BODY_LIMIT, signal ?? new AbortController().signal);
  const hasBody = head.status !== 204 && head.status !== 304;
  head.headers.delete("transfer-encoding");
  return new Response(hasBody ? byteStreamOf(text) : null, { status: head.status, headers: head.headers });
}

/** Returns a text as a byte stream, because the body is read into the buffers of the reader. */
function byteStreamOf(text: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream({
    type: "bytes",
    start: (controller) => {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}

/**
 * Writes the body until its end or until the answer arrives.
 *
 * @returns the error of the connection, if it was cut: an answer may have arrived before
 * @throws the error of the body
 */
async function sendBody(
  { body, bodySize, onSent }: SizedRequest,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  idle: IdleLimit,
  answered: Promise<boolean>,
): Promise<CulvertError | undefined> {
  let isAnswered = false;
  answered.then(() => isAnswered = true);
  let sent = 0;
  for await (const piece of body) {
    if (sent + piece.length > bodySize) throw changed();
    try {
      await writer.write(piece);
    } catch (error) {
      if (error instanceof CulvertError) return error;
      throw error;
    }
    sent += piece.length;
    idle.restart();
    onSent?.(sent);
    if (isAnswered) return undefined;
  }
  if (sent !== bodySize) throw changed();
  return undefined;
}

function changed(): CulvertError {
  return new CulvertError("input_unreadable", "The file changed while it was sent: its size is different", {
    hint: "Try again after other programs stopped writing to it.",
  });
}

/** Reads the head of the final answer; interim answers (1xx) are skipped. */
async function readAnswerHead(reader: ByteReader): Promise<HttpHead> {
  let head = await readHead(reader, HEAD_LIMIT);
  while (typeof head !== "string" && head.status < 200) head = await readHead(reader, HEAD_LIMIT, head.rest);
  if (typeof head !== "string") return head;
  throw new FaultError({
    code: "reset",
    at: "target",
    reason: head === "eof" ? "the connection was cut before the answer" : "the answer is not HTTP",
  });
}

function headOf({ bodySize, headers, method, url }: SizedRequest): Uint8Array {
  const lines = [
    `${method} ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    "Connection: close",
    "Accept-Encoding: identity",
    `Content-Length: ${bodySize}`,
    ...[...headers].filter(([name]) => !OWN.has(name)).map(([name, value]) => `${name}: ${value}`),
  ];
  // Header values in a `Headers` object are Latin-1.
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}

function byteReader({ readable }: ByteStream): ByteReader {
  const reader = readable.getReader();
  let rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  return {
    read: async (buffer) => {
      if (rest.length === 0) {
        const { done, value } = await reader.read();
        if (done) return null;
        rest = value;
      }
      const part = rest.subarray(0, buffer.length);
      buffer.set(part);
      rest = rest.subarray(part.length);
      return part.length;
    },
  };
}

/** Calls a function if no byte was sent for a given time. */
class IdleLimit {
  readonly #limitMs: number | undefined;
  readonly #world: ConnectParts["world"];
  readonly #onExpired: () => void;
  #timer = new AbortController();
  #last = 0;
  isExpired = false;

  constructor(limitMs: number | undefined, { world }: Pick<ConnectParts, "world">, onExpired: () => void) {
    this.#limitMs = limitMs;
    this.#world = world;
    this.#onExpired = onExpired;
    this.restart();
    if (limitMs !== undefined) this.#wait(limitMs);
  }

  /** Restarts the time limit. */
  restart(): void {
    this.#last = this.#world.monotonic();
  }

  stop(): void {
    this.#timer.abort();
  }

  #wait(ms: number): void {
    this.#world.sleep(ms, this.#timer.signal).then(() => {
      const left = (this.#limitMs ?? 0) - (this.#world.monotonic() - this.#last);
      if (left > 0) return this.#wait(left);
      this.isExpired = true;
      this.#onExpired();
    }, () => {
      // The exchange has ended.
    });
  }
}

function idleError({ headerTimeoutMs = 0, url }: SizedRequest): CulvertError {
  return new CulvertError(
    "header_timeout",
    `${hostAndPort(url)} read no bytes and sent no answer for ${headerTimeoutMs} ms`,
    {
      hint: "Try again; if it happens again, a proxy on the route may be buffering the request.",
      details: { host: url.host, timeout_ms: headerTimeoutMs },
    },
  );
}

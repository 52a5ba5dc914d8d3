/**
 * Decodes the content codings of a reply that the runtime leaves encoded. `fetch` decodes gzip and brotli and
 * requests these two (observed with Deno 2.9.6); zstd and deflate are decoded here, chunk by chunk as they
 * arrive.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";

/** The default `Accept-Encoding`; the codex client sends the same two codings (0.171.0). */
export const ACCEPT_ENCODING = "zstd, gzip";

const DECODED_BY_RUNTIME: ReadonlySet<string> = new Set(["", "identity", "gzip", "x-gzip", "br"]);
const DECODED_HERE: ReadonlySet<string> = new Set(["zstd", "deflate"]);

function contentCoding(headers: Headers): string {
  return (headers.get("content-encoding") ?? "").trim().toLowerCase();
}

/** Returns the content coding of a reply that cannot be decoded, or `undefined` if its body is readable. */
export function unknownCoding(headers: Headers): string | undefined {
  const coding = contentCoding(headers);
  return DECODED_BY_RUNTIME.has(coding) || DECODED_HERE.has(coding) ? undefined : coding;
}

/**
 * Returns the decoded body of a reply. Each chunk of the encoded body is decoded as soon as it arrives, so
 * that a stream that its sender flushes per event is decoded per event. The body is read only when the result
 * is read.
 *
 * @param body the body as the runtime returns it
 */
export function decodedBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  headers: Headers,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const coding = contentCoding(headers);
  if (!DECODED_HERE.has(coding)) return body;
  const reader = body.getReader();
  let decoder: Decoder | undefined;
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      try {
        decoder ??= await startDecoder(coding, reader);
        const { done, value } = await decoder.output.next();
        if (done !== true) return controller.enqueue(new Uint8Array(value));
        controller.close();
        controller.byobRequest?.respond(0);
      } catch (error) {
        throw isDamage(error) ? damaged(coding, error) : error;
      }
    },
    async cancel(reason) {
      decoder?.stop();
      await reader.cancel(reason);
    },
  });
}

interface Decoder {
  readonly output: AsyncIterator<Uint8Array<ArrayBuffer>>;
  readonly stop: () => void;
}

async function startDecoder(
  coding: string,
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): Promise<Decoder> {
  // Loaded on first use: these modules are large, and few replies need them.
  const [zlib, { Readable }] = await Promise.all([import("node:zlib"), import("node:stream")]);
  const first = await reader.read();
  // RFC 9110 §8.4.1.2: "deflate" is the zlib format, but some senders omit its header.
  const isRaw = coding === "deflate" && first.value !== undefined && (first.value[0] ?? 0) % 16 !== 8;
  const decoder = coding === "zstd"
    ? zlib.createZstdDecompress()
    : isRaw
    ? zlib.createInflateRaw()
    : zlib.createInflate();
  const source = Readable.from(pieces(reader, first));
  source.on("error", (error) => decoder.destroy(error));
  source.pipe(decoder);
  const stop = () => {
    source.destroy();
    decoder.destroy();
  };
  return { output: decoder[Symbol.asyncIterator](), stop };
}

async function* pieces(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  first: ReadableStreamReadResult<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let piece = first; !piece.done; piece = await reader.read()) yield piece.value;
}

/** Returns whether an error comes from the decoder and not from the connection. */
function isDamage(error: unknown): boolean {
  return error instanceof Error && /^(Z_|ERR_|ZSTD_)/.test(String(Reflect.get(error, "code") ?? ""));
}

function damaged(coding: string, cause: unknown): CulvertError {
  return new CulvertError("reset", `The reply cannot be decoded: its ${coding} data is damaged or cut off`, {
    hint: "A proxy between here and the server changed or cut the reply. Try again.",
    details: { content_encoding: coding },
    cause,
  });
}

/** Streams that a server compresses and flushes event by event. */
import { Buffer } from "node:buffer";
import { constants, createBrotliCompress, createDeflate, createGzip, createZstdCompress } from "node:zlib";

/**
 * Compresses parts one by one with a flush after each, like a server that sends each event immediately.
 *
 * @param parts the texts, each of which is flushed
 * @param encoding the Content-Encoding header field
 * @returns the bytes of each flush; the last includes the end of the stream
 */
export async function flushedChunks(
  parts: readonly string[],
  encoding: string,
): Promise<readonly Uint8Array[]> {
  let chunks: readonly Uint8Array[] = parts.map((part) => new TextEncoder().encode(part));
  for (const name of encoding.split(",").map((each) => each.trim())) chunks = await compressed(chunks, name);
  return chunks;
}

async function compressed(chunks: readonly Uint8Array[], encoding: string): Promise<readonly Uint8Array[]> {
  if (encoding === "identity") return chunks;
  const [stream, flush] = encoding === "gzip"
    ? [createGzip(), constants.Z_SYNC_FLUSH]
    : encoding === "zstd"
    ? [createZstdCompress(), constants.ZSTD_e_flush]
    : encoding === "br"
    ? [createBrotliCompress(), constants.BROTLI_OPERATION_FLUSH]
    : [createDeflate(), constants.Z_SYNC_FLUSH];
  let pieces: Uint8Array[] = [];
  stream.on("data", (piece: Uint8Array) => pieces.push(piece));
  const flushed: Uint8Array[] = [];
  for (const [index, chunk] of chunks.entries()) {
    await new Promise<void>((resolve) => stream.write(chunk, () => resolve()));
    if (index < chunks.length - 1) await new Promise<void>((resolve) => stream.flush(flush, resolve));
    else await new Promise<void>((resolve) => stream.once("end", resolve).end());
    // The bytes of a flush arrive with its callback or within the same turn of the event loop.
    await new Promise<void>((resolve) => setTimeout(resolve, 5));
    flushed.push(Buffer.concat(pieces));
    pieces = [];
  }
  return flushed;
}

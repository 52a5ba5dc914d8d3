/**
 * The stream that `ws` writes frames to, over a connection.
 *
 * @module
 */
import { Writable } from "node:stream";
import { type ByteWriter, writeAll } from "../tunnel/byte_conn.ts";
import { joinBytes } from "../../text/join_bytes.ts";

/** Wraps a connection. Parts of a frame that are written together are sent together. */
export function frameSink(conn: ByteWriter): Writable {
  const write = (bytes: Uint8Array, done: (error?: Error | null) => void) => {
    writeAll(conn, bytes).then(
      () => done(),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
    );
  };
  const sink = new Writable({
    decodeStrings: true,
    write: (chunk: Uint8Array, _encoding, done) => write(chunk, done),
    writev: (pieces, done) => write(joinBytes(pieces.map(({ chunk }): Uint8Array => chunk)), done),
  });
  // Each failed write is reported to its own caller.
  sink.on("error", () => {});
  return sink;
}

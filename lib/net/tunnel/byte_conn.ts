/**
 * The interface of a connection that tunnels, TLS and handshakes use, and the functions that they share.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";

const READ_BYTES = 65_536;

/** The readable side of a connection. */
export interface ByteReader {
  /** Fills `buffer` from its start and returns the number of bytes; `null` at the end of the stream. */
  readonly read: (buffer: Uint8Array) => Promise<number | null>;
}

/** The writable side of a connection. */
export interface ByteWriter {
  /** Writes some of the bytes and returns how many. */
  readonly write: (bytes: Uint8Array) => Promise<number>;
}

/** A connection. Every `Deno.Conn` is one. */
export interface ByteConn extends ByteReader, ByteWriter {
  /** Ends the writable side after the bytes that were written: FIN, or `close_notify` over TLS. */
  readonly closeWrite: () => Promise<void>;
  /** Closes both sides immediately. */
  readonly close: () => void;
}

/** Writes all of the bytes. */
export async function writeAll(conn: ByteWriter, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** Closes a connection that may be closed already. */
export function closeQuietly(conn: { readonly close: () => void }): void {
  try {
    conn.close();
  } catch (error) {
    // `Deno.startTls` takes the connection over, and then there is nothing left to close.
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/**
 * Wraps a connection into a stream of Node, for `node:tls` and `node:http`. Destroying the stream closes the
 * connection; ending it ends only the writable side.
 *
 * @param translate makes the error with which the stream fails; default: the error as it was thrown
 */
export function duplexOf(
  conn: ByteConn,
  translate: (thrown: unknown) => Error = (thrown) =>
    thrown instanceof Error ? thrown : new Error(String(thrown)),
): Duplex {
  const buffer = new Uint8Array(READ_BYTES);
  const stream = new Duplex({
    read() {
      conn.read(buffer).then(
        // A copy, because the stream keeps the bytes and the buffer is used for the next read. Small copies
        // of `Buffer` share their memory, which avoids an allocation for each event of a stream.
        (count) => this.push(count === null ? null : Buffer.from(buffer.subarray(0, count))),
        (error: unknown) => this.destroy(translate(error)),
      );
    },
    write(chunk: Uint8Array, _encoding, done) {
      writeAll(conn, chunk).then(() => done(), (error: unknown) => done(translate(error)));
    },
    // A head and its body are one write, and therefore one packet if they fit.
    writev(chunks, done) {
      const bytes = Buffer.concat(chunks.map(({ chunk }): Uint8Array => chunk));
      writeAll(conn, bytes).then(() => done(), (error: unknown) => done(translate(error)));
    },
    final(done) {
      // The peer may have closed meanwhile; the next read reports it.
      conn.closeWrite().then(() => done(), () => done());
    },
    destroy(error, done) {
      closeQuietly(conn);
      done(error);
    },
  });
  // `node:http` removes its listeners when an exchange is over; a connection that is cut after that must not end the
  // process. Every other listener still receives the error.
  stream.on("error", () => {});
  return stream;
}

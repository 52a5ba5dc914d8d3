/**
 * A connection of the runtime as a stream of Node's, for `node:tls`.
 *
 * @module
 */
import { Duplex } from "node:stream";
import { writeAll } from "./http_head.ts";
import { closeQuietly } from "./tunnel.ts";

const READ_BYTES = 65_536;

/** Wraps it; destroying the stream closes the connection. */
export function duplexOf(conn: Deno.Conn): Duplex {
  return new Duplex({
    read() {
      const buffer = new Uint8Array(READ_BYTES);
      conn.read(buffer).then(
        (count) => this.push(count === null ? null : buffer.subarray(0, count)),
        (error: unknown) => this.destroy(asError(error)),
      );
    },
    write(chunk: Uint8Array, _encoding, done) {
      writeAll(conn, chunk).then(() => done(), (error: unknown) => done(asError(error)));
    },
    destroy(error, done) {
      closeQuietly(conn);
      done(error);
    },
  });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

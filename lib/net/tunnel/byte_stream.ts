/**
 * A raw connection to a target, as a pair of web streams or as one stream of Node.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import type { CulvertError } from "../../errors.ts";
import type { Route } from "../route/route.ts";
import { closeQuietly, duplexOf, writeAll } from "./byte_conn.ts";
import type { SecureConn } from "./tunnel.ts";

const READ_BYTES = 65_536;

/** A target of `Dialer.connect`. */
export interface StreamTarget {
  /** Name or address, IPv6 with or without brackets. */
  readonly host: string;
  readonly port: number;
}

/** How to connect a byte stream. */
export interface StreamOptions {
  /** TLS with the target, verified against the roots in force. */
  readonly tls: boolean;
  /**
   * Takes the route of `https` without TLS: for a CONNECT tunnel, in which the client speaks TLS itself. Default: the
   * route follows `tls`.
   */
  readonly routeAsHttps?: boolean;
  /** Protocols to offer by ALPN, the preferred first. Default: `http/1.1` alone. */
  readonly alpn?: readonly string[];
  readonly signal?: AbortSignal;
  /** Time allowed for name, TCP, proxy and TLS together, ms. Default 15,000. Failure: `connect_timeout`. */
  readonly connectTimeoutMs?: number;
}

/**
 * A connection that is open. It is read and written either by `readable` and `writable` or by the stream of
 * `toDuplex`, not by both. Reading and writing fail with a `CulvertError`, mostly `reset`.
 */
export interface ByteStream {
  readonly route: Route;
  /** The protocol agreed by ALPN; `undefined` without TLS, or where the server chose none. */
  readonly alpn: string | undefined;
  /** The bytes of the peer. Nothing is read ahead of need. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Closing it ends the writing side only: FIN, or `close_notify` over TLS. */
  readonly writable: WritableStream<Uint8Array>;
  /**
   * Returns the connection as a stream of Node: for `createConnection` of `node:http`, or to be joined to another
   * socket. Ending it ends the writing side only; destroying it closes the connection.
   */
  readonly toDuplex: () => Duplex;
  /** Closes both sides at once. What is in flight is lost. */
  readonly close: () => void;
}

/**
 * Makes a byte stream of a connection.
 *
 * @param translate makes the error for what the connection throws
 */
export function byteStream(
  { conn, alpn }: SecureConn,
  route: Route,
  translate: (thrown: unknown) => CulvertError,
): ByteStream {
  const failed = (thrown: unknown): never => {
    closeQuietly(conn);
    throw translate(thrown);
  };
  // Made when it is asked for: a readable stream reads as soon as it exists.
  let readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  let writable: WritableStream<Uint8Array> | undefined;
  return {
    route,
    alpn,
    get readable() {
      return readable ??= new ReadableStream({
        type: "bytes",
        pull: async (controller) => {
          const buffer = new Uint8Array(READ_BYTES);
          const count = await conn.read(buffer).catch(failed);
          if (count === null) {
            controller.close();
            controller.byobRequest?.respond(0);
          } else controller.enqueue(buffer.subarray(0, count));
        },
        cancel: () => closeQuietly(conn),
      }, { highWaterMark: 0 });
    },
    get writable() {
      return writable ??= new WritableStream({
        write: (bytes) => writeAll(conn, bytes).catch(failed),
        close: () => conn.closeWrite().catch(failed),
        abort: () => closeQuietly(conn),
      });
    },
    toDuplex: () => duplexOf(conn, translate),
    close: () => closeQuietly(conn),
  };
}

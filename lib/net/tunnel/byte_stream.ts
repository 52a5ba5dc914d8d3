/**
 * A raw connection to a target, as a pair of web streams or as one Node stream.
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
  /** Host name or address, IPv6 with or without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Options for opening a byte stream. */
export interface StreamOptions {
  /** TLS with the target, verified against the roots in force. */
  readonly tls: boolean;
  /**
   * Uses the route of `https` without TLS: for a CONNECT tunnel in which the client speaks TLS. Default: the
   * route follows `tls`.
   */
  readonly routeAsHttps?: boolean;
  /** Protocols to offer by ALPN, the preferred first. Default: `http/1.1` alone. */
  readonly alpn?: readonly string[];
  readonly signal?: AbortSignal;
  /** Time limit for DNS, TCP, proxy and TLS together, ms. Default 15,000. Failure: `connect_timeout`. */
  readonly connectTimeoutMs?: number;
}

/**
 * A connection that is open. It is read and written either through `readable` and `writable` or through the
 * stream of `toDuplex`, not both. Reading and writing fail with a `CulvertError`, usually `reset`.
 */
export interface ByteStream {
  readonly route: Route;
  /** The protocol that ALPN selected; `undefined` without TLS, or if the server selected none. */
  readonly alpn: string | undefined;
  /** The bytes of the peer. Nothing is read in advance. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Closing it ends only the writable side: FIN, or `close_notify` over TLS. */
  readonly writable: WritableStream<Uint8Array>;
  /**
   * Returns the connection as a Node stream, for `createConnection` of `node:http` or to be joined to another
   * socket. Ending it ends only the writable side; destroying it closes the connection.
   */
  readonly toDuplex: () => Duplex;
  /** Closes both sides immediately. Bytes that are in flight are lost. */
  readonly close: () => void;
}

/**
 * Makes a byte stream from a connection.
 *
 * @param translate converts an error of the connection
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
  // Created on first use: a readable stream starts to read as soon as it exists.
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

/**
 * Reports one websocket of the client to a tap: the request to upgrade, its answer, and the bytes of both directions.
 *
 * @module
 */
import type { World } from "../../world/world.ts";
import { nextConnectionId, reasonOf, type TapSource } from "../tap_source.ts";
import type { ByteConn } from "../tunnel/byte_conn.ts";
import type { HttpHead } from "../tunnel/http/http_head.ts";
import type { Handshake } from "./websocket_handshake.ts";

/** The tap of one websocket. */
export interface TappedSocket {
  /** Reports a refusal. */
  readonly refused: (head: HttpHead, body: string) => void;
  /** Reports that there was no answer. */
  readonly failed: (outcome: "aborted" | "failed", error: unknown) => void;
  /** Reports the 101, and returns the connection whose bytes are reported. */
  readonly opened: (head: HttpHead, conn: ByteConn) => ByteConn;
}

/** Reports a request to upgrade. */
export function tapSocket(
  taps: TapSource,
  { url, rawHeaders }: Handshake,
  world: Pick<World, "monotonic">,
): TappedSocket {
  const tap = taps.tap(nextConnectionId());
  const at = () => world.monotonic();
  // The relay also reports the URL of the request: https and not wss.
  tap.head({
    direction: "request",
    at: at(),
    rawHeaders,
    method: "GET",
    url: url.href.replace(/^ws/, "http"),
  });
  const end = (outcome: "complete" | "aborted" | "failed", error?: unknown) => {
    const facts = { at: at(), outcome, ...reasonOf(error) };
    tap.end({ direction: "request", ...facts });
    tap.end({ direction: "response", ...facts });
  };
  const responseHead = ({ status, reason, headers }: HttpHead) =>
    ({ direction: "response", at: at(), rawHeaders: [...headers].flat(), status, reason }) as const;
  return {
    refused: (head, body) => {
      tap.head(responseHead(head));
      if (body !== "") tap.bytes("response", new TextEncoder().encode(body), at());
      end("complete");
    },
    failed: end,
    opened: (head, conn) => {
      tap.upgrade(responseHead(head));
      if (head.rest.length > 0) tap.bytes("response", head.rest.slice(), at());
      return {
        read: async (buffer) => {
          const count = await conn.read(buffer);
          if (count === null) tap.end({ direction: "response", at: at(), outcome: "complete" });
          else tap.bytes("response", buffer.slice(0, count), at());
          return count;
        },
        write: async (bytes) => {
          // A copy, because the frame may be reused after it is written.
          const copy = bytes.slice();
          const count = await conn.write(bytes);
          tap.bytes("request", copy.subarray(0, count), at());
          return count;
        },
        closeWrite: conn.closeWrite,
        close: () => {
          end("complete");
          conn.close();
        },
      };
    },
  };
}

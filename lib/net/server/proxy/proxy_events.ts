/**
 * What a forward proxy of ours reports.
 *
 * @module
 */

import type { Direction } from "../../exchange_tap.ts";

/** The treatment of a CONNECT. */
export type ConnectAction = "intercepted" | "tunnelled" | "unauthorized" | "blocked" | "unreachable";

/** Something that happened at the proxy. Paths come without their query; there are no headers and no bodies. */
export type ProxyEvent =
  | { readonly kind: "connect"; readonly host: string; readonly port: number; readonly action: ConnectAction }
  /** The client refused the certificate, or spoke something else than TLS. */
  | {
    readonly kind: "handshake_failed";
    readonly host: string;
    readonly port: number;
    readonly reason: string;
  }
  /** A request that came to the private port of an intercepted origin and not through the proxy. It was refused. */
  | { readonly kind: "stray_request"; readonly host: string; readonly port: number }
  /** A message of a client that is no valid request. It was answered, and is not recorded. */
  | { readonly kind: "refused_request"; readonly status: number; readonly reason: string }
  /** A request inside an intercepted connection, or a plain one. */
  | {
    readonly kind: "request";
    readonly host: string;
    readonly method: string;
    readonly path: string;
    readonly upgrade: boolean;
  }
  /** A tunnel is closed. Bytes are those of the tunnel, as the client sent and received them. */
  | {
    readonly kind: "tunnel_closed";
    readonly host: string;
    readonly port: number;
    readonly sentBytes: number;
    readonly receivedBytes: number;
  };

/** Receives the bytes of one tunnel, as the client sends and receives them. Must not throw and must not block. */
export interface TunnelTap {
  /** @param direction `request`: from the client to the server */
  readonly bytes: (direction: Direction, data: Uint8Array) => void;
  /** One direction ended. */
  readonly end: (direction: Direction) => void;
}

/** Makes the tap of a tunnel when it is established. */
export type TunnelTapFactory = (tunnel: { readonly host: string; readonly port: number }) => TunnelTap;

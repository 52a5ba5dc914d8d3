/**
 * What a forward proxy of ours reports.
 *
 * @module
 */

/** What was done with a CONNECT. */
export type ConnectAction = "intercepted" | "tunnelled" | "unauthorized" | "blocked" | "unreachable";

/** Something that happened at the proxy. Paths come without their query; there are no headers and no bodies. */
export type ProxyEvent =
  | { readonly kind: "connect"; readonly host: string; readonly port: number; readonly action: ConnectAction }
  /** The client refused the certificate, or spoke something else than TLS. */
  | { readonly kind: "handshake_failed"; readonly host: string; readonly reason: string }
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

/**
 * The stages of a connection attempt, in their order. A failure is judged by the stage that it happened in first, and
 * by the wording of the runtime second.
 *
 * @module
 */
import type { NetworkFault } from "./fault.ts";
import type { Route } from "../route/route.ts";

/** One stage. */
export type Stage =
  /** The name of the first hop is resolved. */
  | "resolve"
  /** A TCP connection to the first hop is made. */
  | "connect"
  /** TLS with an `https://` proxy. */
  | "proxy_tls"
  /** CONNECT or SOCKS. */
  | "proxy"
  /** TLS with the target. */
  | "tls"
  /** The websocket upgrade was sent, and the head of the answer is awaited. */
  | "upgrade";

/** The stage that an attempt has reached. */
export interface Progress {
  stage: Stage;
}

const UNFINISHED: Readonly<Record<Stage, string>> = {
  resolve: "its name was not resolved",
  connect: "no TCP connection was made",
  proxy_tls: "the proxy did not complete the TLS handshake",
  proxy: "the proxy did not answer the request for a tunnel",
  tls: "the TLS handshake was not completed",
  upgrade: "the websocket upgrade was not answered",
};

/**
 * The fault of an attempt that ran out of time.
 *
 * @param stage where it stood
 * @param limitMs the time it had, ms
 */
export function stageTimeout(stage: Stage, limitMs: number, route: Route): NetworkFault {
  const isFirstHop = stage === "resolve" || stage === "connect";
  const atProxy = stage === "proxy" || stage === "proxy_tls" || (isFirstHop && route.kind === "proxy");
  return {
    code: "connect_timeout",
    at: atProxy ? "proxy" : "target",
    stage,
    reason: `${UNFINISHED[stage]} within ${limitMs / 1000} s`,
  };
}

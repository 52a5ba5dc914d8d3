/**
 * The stages of a connection, in their order. A failure is classified first by its stage, and then by the
 * error text of the runtime.
 *
 * @module
 */
import type { Route } from "../route/route.ts";
import type { NetworkFault } from "./fault.ts";

/** Default time limit for all stages of connecting together, ms. */
export const CONNECT_LIMIT_MS = 15_000;

/** A stage of connecting. */
export type ConnectStage =
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

/** Any stage. */
export type Stage =
  | ConnectStage
  /**
   * An HTTP request by the client of the runtime, which does not report the stage: only the text of its error
   * shows it.
   */
  | "request"
  /** The request was sent, and the head of the answer is awaited. */
  | "head"
  /** The head of the answer has been received, or the connection is open. */
  | "open";

/** The stage that an attempt has reached. */
export interface Progress {
  stage: ConnectStage;
}

const UNFINISHED: Readonly<Record<ConnectStage, string>> = {
  resolve: "its name was not resolved",
  connect: "no TCP connection was made",
  proxy_tls: "the proxy did not complete the TLS handshake",
  proxy: "the proxy did not answer the request for a tunnel",
  tls: "the TLS handshake was not completed",
  upgrade: "the websocket upgrade was not answered",
};

/**
 * Returns the fault of an attempt that ran out of time.
 *
 * @param stage the stage that was not finished
 * @param limitMs the time that the attempt had, ms
 */
export function stageTimeout(stage: ConnectStage, limitMs: number, route: Route): NetworkFault {
  return {
    code: "connect_timeout",
    at: failingEnd(stage, route),
    stage,
    reason: `${UNFINISHED[stage]} within ${limitMs / 1000} s`,
  };
}

/** Returns the end that a failure belongs to, from its stage only. */
export function failingEnd(stage: Stage, route: Route): "target" | "proxy" {
  const isFirstHop = stage === "resolve" || stage === "connect";
  const isProxy = stage === "proxy" || stage === "proxy_tls" || (isFirstHop && route.kind === "proxy");
  return isProxy ? "proxy" : "target";
}

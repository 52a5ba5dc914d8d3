/**
 * The durations of an exchange, and the stage at which one failed.
 *
 * @module
 */
import type { ExchangeEnd } from "../../net/exchange_tap.ts";
import type { NetErrorRecord, Timings } from "./format.ts";

/** Moments of an exchange on the monotonic clock, ms. */
export interface Moments {
  request: number;
  requestEnd?: number;
  response?: number;
  firstByte?: number;
  firstEvent?: number;
  firstOutput?: number;
}

/** Returns the stage of a failure: by its code, or by the words of an error that has none. */
export function stageOf({ code = "internal" }: ExchangeEnd, error = ""): NetErrorRecord["stage"] {
  if (code === "dns" || code === "connect") return code === "dns" ? "dns" : "tcp";
  if (code.startsWith("tls_")) return "tls";
  if (code.startsWith("proxy_")) return "proxy";
  if (code === "header_timeout" || code === "redirect" || code === "websocket") return "http";
  if (/\b(dns|ENOTFOUND|getaddrinfo|resolve)/i.test(error)) return "dns";
  if (/\b(proxy|CONNECT|407)\b/.test(error)) return "proxy";
  if (/\b(tls|ssl|certificate|issuer)/i.test(error)) return "tls";
  if (/ECONN|EHOSTUNREACH|ETIMEDOUT|refused|connect/i.test(error)) return "tcp";
  return "unknown";
}

/**
 * Returns the durations, ms.
 *
 * @param end on the monotonic clock, ms
 */
export function timingsOf(moments: Moments, end: number): Timings {
  const since = (from: number | undefined, to: number | undefined) =>
    from === undefined || to === undefined ? -1 : Math.round(Math.max(0, to - from) * 1_000) / 1_000;
  const sent = moments.requestEnd ?? moments.request;
  return {
    blocked: -1,
    dns: -1,
    connect: -1,
    ssl: -1,
    send: since(moments.request, sent),
    wait: since(Math.min(sent, moments.response ?? sent), moments.response),
    first_event: since(moments.request, moments.firstEvent),
    first_output: since(moments.request, moments.firstOutput),
    receive: since(moments.response, end),
  };
}

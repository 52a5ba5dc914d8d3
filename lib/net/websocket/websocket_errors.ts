/**
 * The errors of an open websocket.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { hostAndPort } from "../failure/explain.ts";
import { describeRoute, type Route } from "../route/route.ts";

/** The peer of a websocket. */
export interface WebSocketPeer {
  readonly url: URL;
  readonly route: Route;
}

/**
 * Returns the error for a websocket that the peer closed or whose protocol it violated. Close code 1006 is a
 * cut connection.
 */
export function websocketEnded(
  { url, route }: WebSocketPeer,
  what: string,
  closeCode: number,
  reason = "",
): CulvertError {
  const shown = reason.replace(/[^\x20-\x7e]/g, "").slice(0, 120);
  return new CulvertError(
    closeCode === 1006 ? "reset" : "websocket",
    `${hostAndPort(url)} ${what} (close code ${closeCode}${shown === "" ? "" : `, "${shown}"`})`,
    {
      details: {
        host: url.host,
        route: describeRoute(route),
        close_code: closeCode,
        ...(shown === "" ? {} : { close_reason: shown }),
      },
    },
  );
}

/** Returns the error for a message that is larger than the limit. */
export function messageTooLarge({ url }: WebSocketPeer, limitBytes: number): CulvertError {
  return new CulvertError(
    "message_too_large",
    `${hostAndPort(url)} sent a message above the limit of ${limitBytes} bytes`,
    { details: { host: url.host, limit_bytes: limitBytes } },
  );
}

/** Returns the error for compressed content that exceeds the allowed ratio. */
export function expandsTooFar({ url }: WebSocketPeer, factor: number): CulvertError {
  return new CulvertError(
    "message_too_large",
    `${
      hostAndPort(url)
    } sent compressed messages that expand ${factor} times, which is not plausible for a stream of events`,
    {
      hint: "The server has a fault or attacks its clients. Try --transport sse.",
      details: { host: url.host, expansion_factor: factor },
    },
  );
}

/** Returns the error for a ping without a pong in time. */
export function noPong({ url }: WebSocketPeer, limitMs: number): CulvertError {
  return new CulvertError(
    "idle_timeout",
    `${hostAndPort(url)} did not answer a websocket ping within ${limitMs} ms`,
    { details: { host: url.host, timeout_ms: limitMs } },
  );
}

/** Returns the error for a channel that this side has dropped. */
export function droppedHere({ url }: WebSocketPeer): CulvertError {
  return new CulvertError("websocket", `The websocket to ${hostAndPort(url)} was closed on this side`);
}

/** Returns the error for using a websocket that the peer has closed normally. */
export function closedByPeer({ url }: WebSocketPeer): CulvertError {
  return new CulvertError("reset", `The websocket to ${hostAndPort(url)} was closed by its peer`);
}

/**
 * What happened between the exchanges of a capture: refusals and recoveries, retries, changes of the transport.
 *
 * @module
 */
import { headerValue } from "../export/har_export.ts";
import {
  type Exchange,
  isRequestMissing,
  type LoadedCapture,
  requestBody,
} from "../record/read/exchanges.ts";
import { type Turn, turnsOf } from "../record/read/turns.ts";

/** A remark on an exchange. */
export interface Mark {
  /**
   * `unauthorized`: answered 401. `recovered`: sent again after a 401, and accepted. `retry`: sent again after a
   * failure. `fallback`: sent over HTTP after the websocket was refused or broke. `limited`: answered 429. `failed`: the
   * connection or the response failed. `cut`: ended before its terminal event. `no_request`: the record of its request
   * is missing, so its method and URL are unknown.
   */
  readonly kind:
    | "unauthorized"
    | "recovered"
    | "retry"
    | "fallback"
    | "limited"
    | "failed"
    | "cut"
    | "no_request";
  readonly text: string;
  /** The earlier exchange that it follows. */
  readonly after?: string;
}

/** Returns the status that an exchange was answered with. */
export function statusOf({ open, response }: Exchange): number | undefined {
  return open?.status ?? response?.status;
}

/** Tells whether an exchange asked for a websocket. */
export function isUpgrade({ request, open }: Exchange): boolean {
  return open !== undefined || /websocket/i.test(headerValue(request?.headers ?? [], "upgrade") ?? "");
}

/**
 * Returns the remarks on every exchange that has some.
 *
 * @param turns the turns of the capture
 */
export function marksOf(
  capture: Pick<LoadedCapture, "exchanges" | "text">,
  turns: readonly Turn[] = turnsOf(capture),
): ReadonlyMap<string, readonly Mark[]> {
  const turnsByExchange = Map.groupBy(turns, ({ exchange }) => exchange.id);
  const marks = new Map<string, Mark[]>();
  const add = (exchange: Exchange, mark: Mark) =>
    marks.set(exchange.id, [...marks.get(exchange.id) ?? [], mark]);
  /** The last failed exchange for a request, by what identifies the request. */
  const failedBefore = new Map<string, Exchange>();
  let brokenSocket: Exchange | undefined;
  const byTime = capture.exchanges.toSorted((one, other) => startOf(one) - startOf(other));
  for (const exchange of byTime) {
    const status = statusOf(exchange);
    if (isRequestMissing(exchange)) {
      add(exchange, { kind: "no_request", text: "The record of the request is missing" });
    }
    const failure = ownFailure(exchange, turnsByExchange.get(exchange.id) ?? []);
    if (failure !== undefined) add(exchange, failure);
    // Without the request it is unknown which other exchanges belong to it.
    if (exchange.request === undefined) continue;
    const key = identityOf(exchange);
    const earlier = failedBefore.get(key);
    if (earlier !== undefined && earlier !== exchange) {
      const was = statusOf(earlier);
      if (was === 401 && status !== 401) {
        add(exchange, {
          kind: "recovered",
          text: `Accepted after ${earlier.id} was refused with 401`,
          after: earlier.id,
        });
      } else {add(exchange, {
          kind: "retry",
          text: `Sent again after ${earlier.id} (${was ?? "no answer"})`,
          after: earlier.id,
        });}
    }
    if (failure === undefined) failedBefore.delete(key);
    else failedBefore.set(key, exchange);
    if (exchange.channel !== "model") continue;
    if (isUpgrade(exchange)) {
      if (exchange.open === undefined || failure !== undefined) brokenSocket = exchange;
    } else if (brokenSocket !== undefined) {
      const how = brokenSocket.open === undefined
        ? `refused with ${statusOf(brokenSocket) ?? "no answer"}`
        : "broke";
      add(exchange, {
        kind: "fallback",
        text: `HTTP after the websocket ${brokenSocket.id} ${how}`,
        after: brokenSocket.id,
      });
      brokenSocket = undefined;
    }
  }
  return marks;
}

function ownFailure(exchange: Exchange, all: readonly Turn[]): Mark | undefined {
  const status = statusOf(exchange);
  const { end, errors, close } = exchange;
  if (status === 401) return { kind: "unauthorized", text: "Refused: 401" };
  if (status === 429) return { kind: "limited", text: "Too many requests: 429" };
  if (status !== undefined && status >= 400) return { kind: "failed", text: `Refused: ${status}` };
  const [error] = errors;
  if (error !== undefined) return { kind: "failed", text: `${error.stage}: ${error.error}` };
  const turns = exchange.channel === "model" ? all : [];
  const failed = turns.find(({ outcome }) => outcome === "failed");
  if (failed !== undefined) {
    return { kind: "failed", text: `The response failed: ${failed.error ?? "no reason given"}` };
  }
  // A client leaves a websocket without a close frame, and a stream at its terminal event: neither is a failure.
  const last = turns.at(-1)?.outcome;
  if (last === "completed" || last === "incomplete") return undefined;
  if (close !== undefined) {
    return turns.length === 0
      ? undefined
      : { kind: "cut", text: `Closed with ${close.code} during a response` };
  }
  if (end?.outcome === "aborted") return { kind: "cut", text: "The client cancelled it" };
  if (end?.outcome === "error") return { kind: "cut", text: `Cut: ${end.error ?? "no reason given"}` };
  return undefined;
}

function startOf({ request, open, response }: Exchange): number {
  return (request ?? open ?? response)?.t_ms ?? 0;
}

/** A retry has the same method, URL and body. */
function identityOf(exchange: Exchange): string {
  const { request } = exchange;
  return [isUpgrade(exchange) ? "WEBSOCKET" : request?.method, request?.url, requestBody(exchange)?.sha256]
    .join(" ");
}

/**
 * Decides which transport a session uses, and when it changes from the websocket to SSE.
 *
 * @module
 */
import type { TransportChoice } from "../../config/settings.ts";
import type { ErrorCode } from "../../errors.ts";
import type { CulvertEvent, FallbackEvent, TransportName } from "../events/events.ts";
import { isBrokenConnection } from "../failures/failure.ts";
import { isLikePlainGet } from "../failures/plain_get.ts";
import { senderOf } from "../../net/failure/sender.ts";
import type { FailedAttempt, TransportChange } from "./transport.ts";
import type { Fallback } from "./fallback_memory.ts";

/**
 * Statuses that are about the request and not about the upgrade: 401 starts a recovery, 429 is handled as
 * over HTTP.
 */
const NOT_OF_THE_UPGRADE: ReadonlySet<number> = new Set([401, 429]);

/** Errors of an upgrade that a proxy without websocket support causes. */
const UPGRADE_FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "connect_timeout",
  "reset",
  "websocket",
  "proxy_refused",
]);

/** Longest wait for the answer to an upgrade before a turn with `auto` uses SSE, ms. */
export const UPGRADE_TIMEOUT_MS = 2_000;

/** The number of websockets that may be cut during responses of one turn before it continues over SSE. */
const MAX_BROKEN = 2;

/**
 * The transport of a session. With `auto` it starts with the websocket if the provider has one, and changes
 * to SSE for the rest of the session after one refused or unanswered upgrade, one websocket that is cut
 * before its first event, or two that are cut during responses of one turn. (The codex client, 0.171.0, makes
 * seven attempts first.) `ws` and `sse` never change.
 */
export class TransportPolicy {
  readonly #mayFallBack: boolean;
  readonly #pending: CulvertEvent[] = [];
  #transport: TransportName;

  /** @param supportsWebsockets whether the provider has a websocket endpoint */
  constructor(choice: TransportChoice, supportsWebsockets: boolean) {
    this.#mayFallBack = choice === "auto";
    this.#transport = choice === "ws" || (choice === "auto" && supportsWebsockets) ? "websocket" : "sse";
  }

  /** The transport of the next attempt. */
  get transport(): TransportName {
    return this.#transport;
  }

  /** Whether the session may still change from the websocket to SSE. */
  get mayFallBack(): boolean {
    return this.#mayFallBack && this.#transport === "websocket";
  }

  /** Starts with SSE because an earlier process detected that the host does not support websockets. */
  recalled({ at, reason }: Fallback, now: number): void {
    if (!this.mayFallBack) return;
    this.#transport = "sse";
    const minutes = Math.round((now - at) / 60_000);
    this.#pending.push(fallbackEvent(`${reason} (found ${minutes} min ago)`, { quiet: true }));
  }

  /**
   * Evaluates a failed attempt.
   *
   * @returns the change to SSE, or `undefined` if the transport does not change
   */
  reconsider(attempt: FailedAttempt): TransportChange | undefined {
    if (attempt.transport !== "websocket" || !this.mayFallBack) return undefined;
    const finding = findingOf(attempt);
    if (finding === undefined) return undefined;
    this.#transport = "sse";
    const { isOfHost, quiet, reason } = finding;
    return {
      event: fallbackEvent(reason, { quiet, ...(isOfHost && !quiet ? { host: attempt.url?.host } : {}) }),
      free: !attempt.hasEvents,
      ...(isOfHost ? { remembered: reason } : {}),
    };
  }

  /** Stores an event that the next turn yields. */
  defer(event: CulvertEvent): void {
    this.#pending.push(event);
  }

  /** Returns the stored events, once. */
  pending(): readonly CulvertEvent[] {
    return this.#pending.splice(0);
  }
}

/** The conclusion from an attempt about the websocket. */
interface Finding {
  readonly reason: string;
  /** Whether it is a property of the host and its route, so that it is stored for later processes. */
  readonly isOfHost: boolean;
  /** Whether the change is silent, because the server requested it according to the protocol. */
  readonly quiet: boolean;
}

function findingOf(attempt: FailedAttempt): Finding | undefined {
  const { brokenWebsockets, failure: { error }, hasEvents, level, status } = attempt;
  if (error.code === "message_too_large" && level === "request") {
    return { reason: error.message, isOfHost: false, quiet: true };
  }
  if (level === "request" && status !== undefined) {
    if (NOT_OF_THE_UPGRADE.has(status)) return undefined;
    return { reason: refusedUpgrade(status, attempt.headers), isOfHost: true, quiet: status === 426 };
  }
  if (level === "request" && error.details["condition"] === "no_application_protocol") {
    // A websocket needs HTTP/1.1 (RFC 6455 §4.1); a server with only HTTP/2 can still serve SSE.
    return { reason: error.message, isOfHost: true, quiet: false };
  }
  if (level === "request") {
    return UPGRADE_FAILURES.has(error.code)
      ? { reason: error.message, isOfHost: error.code !== "reset", quiet: false }
      : undefined;
  }
  if (status !== undefined) return undefined;
  if (!hasEvents && (isBrokenConnection(error) || error.code === "idle_timeout")) {
    return { reason: `the websocket delivered no event: ${error.message}`, isOfHost: true, quiet: false };
  }
  if (!isBrokenConnection(error) || brokenWebsockets < MAX_BROKEN) return undefined;
  const reason = `${brokenWebsockets} websockets broke in one turn: ${error.message}`;
  return { reason, isOfHost: false, quiet: false };
}

/**
 * Describes a refused upgrade: the status, its sender, and whether a proxy removed the upgrade from the
 * request.
 */
function refusedUpgrade(status: number, headers: Headers | undefined): string {
  const sender = headers === undefined ? "" : senderOf(headers);
  const by = sender === "" ? "" : ` (${sender})`;
  const why = isLikePlainGet(status) ? "; a proxy may have removed the Upgrade header" : "";
  return `the upgrade was answered ${status}${by}${why}`;
}

function fallbackEvent(
  reason: string,
  { host, quiet }: { readonly quiet: boolean; readonly host?: string | undefined },
): FallbackEvent {
  const hint = host === undefined
    ? null
    : `Ask the administrator of the proxy to allow websocket upgrades to ${host}, or use the transport sse`;
  return { type: "culvert.fallback", from: "websocket", to: "sse", reason, quiet, hint };
}

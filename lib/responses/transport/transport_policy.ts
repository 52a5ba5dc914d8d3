/**
 * Which wire a session takes, and when it gives the websocket up.
 *
 * @module
 */
import type { TransportChoice } from "../../config/settings.ts";
import type { ErrorCode } from "../../errors.ts";
import type { CulvertEvent, TransportName } from "../events/events.ts";
import { isBrokenConnection } from "../failures/failure.ts";
import type { FailedAttempt, TransportChange } from "./transport.ts";

/**
 * Statuses that are the API's own word on the request and would be the same over HTTP: 401 goes to recovery,
 * 429 ends the turn. Every other refusal of an upgrade may be that of a middlebox.
 */
const OWN_WORD: ReadonlySet<number> = new Set([401, 429]);

/** Failures of an upgrade by which a middlebox that knows no websockets shows itself. */
const MIDDLEBOX: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "connect_timeout",
  "reset",
  "websocket",
  "proxy_refused",
]);

/** How many websockets may break under a response before a turn goes on over SSE. */
const MAX_BROKEN = 2;

/**
 * The wire of a session. With `auto` it begins with the websocket where the provider has one, and gives it up
 * for good as soon as it is clear that it does not work here: one refused upgrade, one socket that breaks
 * before it carried anything, or two that break under responses of one turn. (The codex client, 0.169.0,
 * makes seven attempts before it believes it.) `ws` never gives up, `sse` never begins.
 */
export class TransportPolicy {
  readonly #mayFallBack: boolean;
  readonly #pending: CulvertEvent[] = [];
  #transport: TransportName;

  /** @param supportsWebsockets what the provider says of itself */
  constructor(choice: TransportChoice, supportsWebsockets: boolean) {
    this.#mayFallBack = choice === "auto";
    this.#transport = choice === "ws" || (choice === "auto" && supportsWebsockets) ? "websocket" : "sse";
  }

  /** The wire of the next attempt. */
  get transport(): TransportName {
    return this.#transport;
  }

  /** Judges a failed attempt. */
  reconsider(attempt: FailedAttempt): TransportChange | undefined {
    if (attempt.transport !== "websocket" || this.#transport !== "websocket" || !this.#mayFallBack) {
      return undefined;
    }
    const reason = reasonToGiveUp(attempt);
    if (reason === undefined) return undefined;
    this.#transport = "sse";
    return {
      event: {
        type: "culvert.fallback",
        from: "websocket",
        to: "sse",
        reason,
        quiet: attempt.status === 426,
      },
      free: !attempt.hasEvents,
    };
  }

  /** Keeps an event for the next turn to tell. */
  defer(event: CulvertEvent): void {
    this.#pending.push(event);
  }

  /** What was kept, once. */
  pending(): readonly CulvertEvent[] {
    return this.#pending.splice(0);
  }
}

function reasonToGiveUp(attempt: FailedAttempt): string | undefined {
  const { brokenWebsockets: broken, failure: { error }, hasEvents, level, status } = attempt;
  if (level === "request" && status !== undefined) {
    return OWN_WORD.has(status) ? undefined : `the upgrade was answered ${status}`;
  }
  if (level === "request") return MIDDLEBOX.has(error.code) ? error.message : undefined;
  if (status !== undefined) return undefined;
  if (!hasEvents && (isBrokenConnection(error) || error.code === "idle_timeout")) {
    return `the websocket carried nothing: ${error.message}`;
  }
  if (!isBrokenConnection(error)) return undefined;
  return broken >= MAX_BROKEN ? `${broken} websockets broke in one turn: ${error.message}` : undefined;
}

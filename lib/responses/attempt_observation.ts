/**
 * Tells the observer of one attempt.
 *
 * @module
 */
import type { Authorization } from "../auth/authenticator.ts";
import type { Observer, ResponseObservation } from "../net/observer.ts";
import { serverEvidence } from "../net/server_evidence.ts";
import type { World } from "../world.ts";
import type { Wire } from "./events.ts";

/** The attempt. */
export interface AttemptFacts {
  readonly wire: Wire;
  /** 0-based. */
  readonly attempt: number;
  readonly authorization: Authorization;
}

/** What became of it. */
export interface AttemptOutcome {
  readonly status?: number;
  readonly headers?: Headers;
  /** The code of the error. */
  readonly error?: string;
  readonly reused?: boolean;
}

/** Starts the clock of a response; the function returned stops it and tells how it ended. */
export function observeResponse(
  observer: Observer,
  world: World,
  wire: Wire,
): (outcome: ResponseObservation["outcome"], events: number) => void {
  const begin = world.monotonic();
  return (outcome, events) =>
    observer({
      kind: "response",
      transport: wire === "sse" ? "http" : "websocket",
      endpoint: "/responses",
      outcome,
      events,
      durationMs: world.monotonic() - begin,
    });
}

/** Starts the clock; the function returned stops it and tells. */
export function observeAttempt(
  observer: Observer,
  world: World,
  facts: AttemptFacts,
): (outcome: AttemptOutcome) => void {
  const begin = world.monotonic();
  return ({ status, headers, error, reused }) => {
    const problem = error ?? (status !== undefined && status >= 300 ? `http ${status}` : undefined);
    observer({
      kind: "request",
      transport: facts.wire === "sse" ? "http" : "websocket",
      endpoint: "/responses",
      attempt: facts.attempt,
      durationMs: world.monotonic() - begin,
      ...(status === undefined ? {} : { status }),
      ...(problem === undefined ? {} : { error: problem }),
      authHeaderAttached: Object.keys(facts.authorization.headers).some((name) =>
        name.toLowerCase() === "authorization"
      ),
      evidence: headers === undefined ? {} : serverEvidence(headers),
      ...(reused === undefined ? {} : { connectionReused: reused }),
    });
  };
}

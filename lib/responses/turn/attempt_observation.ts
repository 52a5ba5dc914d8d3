/**
 * Tells the observer of one attempt.
 *
 * @module
 */
import { foldedMode } from "../../auth/auth_headers.ts";
import type { Authorization } from "../../auth/authenticator.ts";
import type { Provider } from "../../config/provider.ts";
import {
  type CallerFacts,
  environmentFacts,
  type Observer,
  type ResponseObservation,
  SILENT,
} from "../../net/observer.ts";
import { serverEvidence } from "../../net/server_evidence.ts";
import type { World } from "../../world/world.ts";
import type { TransportName } from "../events/events.ts";

/** The attempt. */
export interface AttemptFacts {
  readonly transport: TransportName;
  /** 0-based. */
  readonly attempt: number;
  readonly authorization: Authorization;
  readonly provider: Provider;
}

/** What became of it. */
export interface AttemptOutcome {
  readonly status?: number;
  readonly headers?: Headers;
  /** The code of the error. */
  readonly error?: string;
  readonly reused?: boolean;
}

/** How a response ended. */
export interface ResponseEnd extends Pick<ResponseObservation, "outcome" | "events"> {
  /** The code of the error; of one that a status came with, that status. */
  readonly error?: string | number;
}

/** As whom a request is made. */
export function callerFacts(
  { mode, agent }: Authorization,
  { env }: World,
  { envKey }: Provider,
): CallerFacts {
  const authMode = foldedMode(mode);
  return {
    ...(authMode === undefined ? {} : { authMode }),
    ...agent,
    environment: environmentFacts(env, envKey),
  };
}

/** Starts the clock of a response; the function returned stops it and tells how it ended. */
export function observeResponse(
  observer: Observer,
  world: World,
  facts: Omit<AttemptFacts, "attempt"> & { readonly reused: boolean },
): (end: ResponseEnd) => void {
  if (observer === SILENT) return () => {};
  const begin = world.monotonic();
  const isSocket = facts.transport === "websocket";
  return ({ outcome, events, error }) =>
    observer.observe({
      kind: "response",
      transport: isSocket ? "websocket" : "http",
      endpoint: "/responses",
      outcome,
      events,
      durationMs: world.monotonic() - begin,
      ...(error === undefined ? {} : { error: typeof error === "number" ? `http ${error}` : error }),
      ...(isSocket ? { connectionReused: facts.reused } : {}),
      ...callerFacts(facts.authorization, world, facts.provider),
    });
}

/** Starts the clock; the function returned stops it and tells. */
export function observeAttempt(
  observer: Observer,
  world: World,
  facts: AttemptFacts,
): (outcome: AttemptOutcome) => void {
  if (observer === SILENT) return () => {};
  const begin = world.monotonic();
  return ({ status, headers, error, reused }) => {
    const problem = error ?? (status !== undefined && status >= 300 ? `http ${status}` : undefined);
    observer.observe({
      kind: "request",
      transport: facts.transport === "sse" ? "http" : "websocket",
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
      ...callerFacts(facts.authorization, world, facts.provider),
    });
  };
}

/**
 * State that the requests of one turn, one API call or one probe share: the recovery from a 401, the attempt counter
 * and the ids that observations carry.
 *
 * @module
 */
import type { Provider } from "../config/provider.ts";
import { type CallerFacts, environmentFacts, type Observer, SILENT } from "../net/observer.ts";
import type { RequestFacts } from "../net/observer.ts";
import type { TraceHeaders, TurnSpans } from "../net/turn_observation.ts";
import { defined } from "../text/json.ts";
import type { World } from "../world/world.ts";
import { foldedMode } from "./auth_headers.ts";
import type {
  Authenticator,
  Authorization,
  RecoveryResult,
  Rejection,
  TurnRecovery,
} from "./authenticator.ts";

/** The most 401 replies of one scope that are answered by a recovery. Recovery itself ends sooner. */
const MAX_RECOVERIES = 4;

/** Ids of the caller that observations repeat. */
export type ScopeIds = Pick<RequestFacts, "sessionId" | "turnId" | "traceId" | "parentSpanId">;

/** What a {@link RequestScope} is built from. */
export interface RequestScopeOptions {
  readonly authenticator: Authenticator;
  /** Of whose credentials observations say which variables are set. */
  readonly provider: Pick<Provider, "envKey">;
  readonly world: World;
  /** Default: no observations are made. */
  readonly observer?: Observer;
  /** Default: none. */
  readonly ids?: ScopeIds;
  /** The trace of the requests. Default: one that the observer starts, where it traces. */
  readonly spans?: TurnSpans;
  /** Whether a 401 may renew the credential. Default true; false for callers that only examine, such as the doctor. */
  readonly recovers?: boolean;
}

/** The scope of one turn, API call or probe. One scope runs at most one refresh, however many requests it makes. */
export class RequestScope {
  readonly authenticator: Authenticator;
  readonly observer: Observer;
  readonly world: World;
  readonly ids: ScopeIds;
  readonly #provider: Pick<Provider, "envKey">;
  readonly #recovery: TurnRecovery | undefined;
  readonly #spans: TurnSpans | undefined;
  /** What identifies the last request of the scope; absent before the first one. */
  lastFacts: RequestFacts | undefined;
  #recoveries = 0;
  #attempts = 0;

  /** Starts the recovery of the authenticator; nothing is sent. */
  constructor(options: RequestScopeOptions) {
    const { authenticator, ids = {}, observer = SILENT, provider, recovers = true, world } = options;
    this.authenticator = authenticator;
    this.observer = observer;
    this.world = world;
    this.#spans = options.spans ?? observer.startTrace?.();
    this.ids = this.#spans === undefined || options.spans !== undefined
      ? ids
      : { ...ids, ...defined({ traceId: this.#spans.traceId, parentSpanId: this.#spans.parentSpanId }) };
    this.#provider = provider;
    this.#recovery = recovers ? authenticator.startTurn() : undefined;
  }

  /**
   * Returns the trace context of a request.
   *
   * @returns `undefined` where the observer does not trace or does not propagate
   */
  traceHeaders({ spanId }: RequestFacts): TraceHeaders | undefined {
    return spanId === undefined ? undefined : this.#spans?.headersFor(spanId);
  }

  /** Returns the 0-based number of the next attempt. */
  nextAttempt(): number {
    return this.#attempts++;
  }

  /** Whether another 401 is answered by a recovery step. */
  get mayRecover(): boolean {
    return this.#recovery !== undefined && this.#recoveries < MAX_RECOVERIES;
  }

  /**
   * Runs the next recovery step for a 401.
   *
   * @returns `undefined` where {@link RequestScope.mayRecover} is false
   * @throws the reason of the signal when it is aborted
   */
  recover(rejection: Rejection, signal: AbortSignal | undefined): Promise<RecoveryResult> | undefined {
    if (!this.mayRecover) return undefined;
    this.#recoveries++;
    return this.#recovery?.recover(rejection, signal);
  }

  /** Returns which kind of credential a request carries and which credentials the environment holds. */
  callerFacts({ mode, agent }: Authorization): CallerFacts {
    const authMode = foldedMode(mode);
    return {
      ...(authMode === undefined ? {} : { authMode }),
      ...agent,
      environment: environmentFacts(this.world.env, this.#provider.envKey),
    };
  }
}

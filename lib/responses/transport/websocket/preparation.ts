/**
 * Prepares a websocket before the first turn, and limits the time for which that turn waits.
 *
 * @module
 */
import type { World } from "../../../world/world.ts";
import type { Refusal } from "../../failures/http_failures.ts";
import { TurnState } from "../../request/turn_state.ts";
import type { FailedAttempt } from "../transport.ts";

/** How a preparation ended. */
export type PreparationOutcome =
  /** A connection is open; no request was sent over it. */
  | { readonly kind: "connected" }
  /** The settings were also sent. */
  | { readonly kind: "warm"; readonly responseId: string }
  | { readonly kind: "failed"; readonly attempt: FailedAttempt };

/** Returns the outcome of an attempt without any event of a response. */
export function failedPreparation(
  rest: Omit<FailedAttempt, "transport" | "brokenWebsockets" | "hasEvents">,
): PreparationOutcome {
  return {
    kind: "failed",
    attempt: { transport: "websocket", brokenWebsockets: 0, hasEvents: false, ...rest },
  };
}

/** Returns the facts of a refused upgrade that the choice of the transport depends on. */
export function refusedBy(
  { headers, status, url }: Refusal,
): Pick<FailedAttempt, "status" | "headers" | "url"> {
  return { status, headers, ...(url === undefined ? {} : { url }) };
}

/** One step of a preparation. Its parameter is the sticky state of the first turn. */
export type PreparationStep = (state: TurnState, signal: AbortSignal) => Promise<void>;

/** A running preparation: steps that run one after another. */
export class Preparation {
  readonly #world: World;
  readonly #stop = new AbortController();
  readonly #state = new TurnState();
  #isClaimed = false;
  #startedAt = 0;
  #done: Promise<void> = Promise.resolve();

  /** @param world provides the clock */
  constructor(world: World) {
    this.#world = world;
  }

  /** Adds a step, which runs after the earlier ones have ended, successfully or not. It must not throw. */
  add(step: PreparationStep): Promise<void> {
    this.#startedAt = this.#world.monotonic();
    const { signal } = this.#stop;
    this.#done = this.#done.then(() => signal.aborted ? undefined : step(this.#state, signal));
    return this.#done;
  }

  /** Resolves when the steps that were added have ended. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** Returns the sticky state to the first turn that calls it, and `undefined` to every other. */
  claimState(): TurnState | undefined {
    if (this.#isClaimed) return undefined;
    this.#isClaimed = true;
    return this.#state;
  }

  /** Aborts the steps that have not ended. */
  stop(): void {
    this.#stop.abort();
  }

  /** Waits for the end of the steps; aborts them `limitMs` after the last one was added. */
  async over(limitMs: number): Promise<void> {
    const left = limitMs - (this.#world.monotonic() - this.#startedAt);
    const done = new AbortController();
    const late = this.#world.sleep(Math.max(0, left), done.signal).then(() => this.#stop.abort(), () => {});
    await this.#done;
    done.abort();
    await late;
  }
}

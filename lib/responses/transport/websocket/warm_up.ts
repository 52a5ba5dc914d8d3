/**
 * What comes of preparing a websocket before the first turn, and for how long that turn waits for it.
 *
 * @module
 */
import type { World } from "../../../world/world.ts";
import { TurnState } from "../../request/turn_state.ts";
import type { FailedAttempt } from "../transport.ts";

/** What it came to. */
export type WarmUpOutcome =
  /** A connection is kept, over which nothing was said. */
  | { readonly kind: "connected" }
  /** The settings were sent too. */
  | { readonly kind: "warm"; readonly responseId: string }
  | { readonly kind: "failed"; readonly attempt: FailedAttempt };

/** The outcome of an attempt over which no event of a response came. */
export function failedWarmUp(
  rest: Omit<FailedAttempt, "transport" | "brokenWebsockets" | "hasEvents">,
): WarmUpOutcome {
  return {
    kind: "failed",
    attempt: { transport: "websocket", brokenWebsockets: 0, hasEvents: false, ...rest },
  };
}

/** One step of a warm-up. The state is that of the first turn. */
export type WarmUpStep = (state: TurnState, signal: AbortSignal) => Promise<void>;

/** A warm-up under way: one step after another. */
export class WarmUp {
  readonly #world: World;
  readonly #stop = new AbortController();
  readonly #state = new TurnState();
  #isClaimed = false;
  #startedAt = 0;
  #done: Promise<void> = Promise.resolve();

  /** @param world whose clock counts */
  constructor(world: World) {
    this.#world = world;
  }

  /** Adds a step, to be taken when the ones before it are over, however they went. It must not throw. */
  add(step: WarmUpStep): Promise<void> {
    this.#startedAt = this.#world.monotonic();
    const { signal } = this.#stop;
    this.#done = this.#done.then(() => signal.aborted ? undefined : step(this.#state, signal));
    return this.#done;
  }

  /** What was learnt, for the one turn that asks first. */
  claimState(): TurnState | undefined {
    if (this.#isClaimed) return undefined;
    this.#isClaimed = true;
    return this.#state;
  }

  /** Gives up what is not done. */
  stop(): void {
    this.#stop.abort();
  }

  /** Waits until it is over: `limitMs` after its latest step began it is given up. */
  async over(limitMs: number): Promise<void> {
    const left = limitMs - (this.#world.monotonic() - this.#startedAt);
    const done = new AbortController();
    const late = this.#world.sleep(Math.max(0, left), done.signal).then(() => this.#stop.abort(), () => {});
    await this.#done;
    done.abort();
    await late;
  }
}

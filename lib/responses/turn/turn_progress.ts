/**
 * What a running turn knows about its attempts, for the result event.
 *
 * @module
 */
import type { World } from "../../world/world.ts";
import type { TransportName } from "../events/events.ts";

/** Times since the start of the turn, ms; `null` until they are known. */
export interface Timings {
  headers: number | null;
  firstEvent: number | null;
  firstText: number | null;
  /** The first text, reasoning or output item. */
  firstOutput: number | null;
}

/** Progress of one turn. The attempts write it; the result event reads it. */
export class TurnProgress {
  readonly #world: Pick<World, "monotonic">;
  readonly #begin: number;
  readonly timings: Timings = { headers: null, firstEvent: null, firstText: null, firstOutput: null };
  /** Transport of the latest response. */
  transport: TransportName | null = null;
  /** The server's id of the latest request. */
  requestId: string | null = null;

  /** Starts the clock of the turn. */
  constructor(world: Pick<World, "monotonic">) {
    this.#world = world;
    this.#begin = world.monotonic();
  }

  /** Time since the start of the turn, ms. */
  get elapsedMs(): number {
    return this.#world.monotonic() - this.#begin;
  }
}

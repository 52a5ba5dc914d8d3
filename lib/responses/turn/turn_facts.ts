/**
 * Facts that the attempts of one turn collect.
 *
 * @module
 */
import type { JsonObject, TokenUsage, WarningEvent } from "../events/events.ts";
import { SideFacts } from "../events/metadata.ts";
import type { RateLimitBook } from "../events/rate_limits.ts";
import { ServerModelTracker } from "../events/server_model.ts";
import { TurnState } from "../request/turn_state.ts";

/** Facts of one turn. Attempts add to it; the result reads it. */
export class TurnFacts {
  readonly #requestedModel: string;
  readonly model: ServerModelTracker;
  readonly side: SideFacts;
  readonly state: TurnState;
  readonly limits: RateLimitBook;
  /** ETags of the model list that were yielded already. */
  readonly etags: Set<string>;
  /** Of the latest response. */
  responseId: string | undefined;
  /** `response.model` of the latest response: the fallback where no header names the model. */
  statedModel: string | undefined;
  /** The text by which the model declined, in the response that completed. */
  refusal: string | undefined;
  usage: TokenUsage | null = null;
  /** Of the response that completed. */
  items: readonly (JsonObject & { readonly type: string })[] = [];
  /** How many events of the stream could not be read. */
  skipped = 0;
  /** Warnings about the whole turn, yielded before its result. */
  readonly warnings: WarningEvent[] = [];

  /**
   * @param requestedModel the slug that was asked for
   * @param limits of the session
   * @param state of the prewarm request, where there was one
   * @param etags of the session
   * @param former facts of the previous request of the same turn: what is yielded once a turn is not yielded again
   */
  constructor(
    requestedModel: string,
    limits: RateLimitBook,
    state: TurnState = new TurnState(),
    etags: Set<string> = new Set(),
    former?: TurnFacts,
  ) {
    this.#requestedModel = requestedModel;
    this.model = former?.model ?? new ServerModelTracker(requestedModel);
    this.side = former?.side ?? new SideFacts(requestedModel);
    this.limits = limits;
    this.state = state;
    this.etags = etags;
  }

  /**
   * Returns the facts for the next request of the same turn, which shares state, served model and once-a-turn events.
   *
   * @param requestedModel of the next request; another model starts a new watch
   */
  followUp(requestedModel: string): TurnFacts {
    const former = requestedModel === this.#requestedModel ? this : undefined;
    return new TurnFacts(requestedModel, this.limits, this.state, this.etags, former);
  }

  /** The model that answered, as far as the server named it. */
  get modelServed(): string | null {
    return this.model.served ?? this.statedModel ?? null;
  }
}

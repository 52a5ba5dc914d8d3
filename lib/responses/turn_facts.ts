/**
 * What is learnt in the course of one turn, across its attempts.
 *
 * @module
 */
import type { JsonObject, TokenUsage } from "./events.ts";
import { SideFacts } from "./metadata.ts";
import type { RateLimitBook } from "./rate_limits.ts";
import { ServerModelTracker } from "./server_model.ts";
import { TurnState } from "./turn_state.ts";

/** Facts of one turn. Attempts add to it; the result reads it. */
export class TurnFacts {
  readonly model: ServerModelTracker;
  readonly side: SideFacts;
  readonly state: TurnState;
  readonly limits: RateLimitBook;
  /** ETags of the model list that were told. */
  readonly etags: Set<string>;
  /** Of the latest response. */
  responseId: string | undefined;
  /** `response.model` of the latest response: the fallback where no header names the model. */
  statedModel: string | undefined;
  /** The words by which the model declined, in the response that completed. */
  refusal: string | undefined;
  usage: TokenUsage | null = null;
  /** Of the response that completed. */
  items: readonly (JsonObject & { readonly type: string })[] = [];
  /** Events of the wire that could not be read. */
  skipped = 0;

  /**
   * @param requestedModel the slug that was asked for
   * @param limits of the session
   * @param state of the warm-up, where there was one
   * @param etags of the session
   */
  constructor(
    requestedModel: string,
    limits: RateLimitBook,
    state: TurnState = new TurnState(),
    etags: Set<string> = new Set(),
  ) {
    this.model = new ServerModelTracker(requestedModel);
    this.side = new SideFacts(requestedModel);
    this.limits = limits;
    this.state = state;
    this.etags = etags;
  }

  /** What the server says it used. */
  get modelServed(): string | null {
    return this.model.served ?? this.statedModel ?? null;
  }
}

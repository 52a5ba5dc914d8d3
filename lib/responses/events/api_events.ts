/**
 * The events of the Responses API, as the server sends them: field names are the API's own.
 *
 * @module
 */

/** A JSON object as it was received. */
export interface JsonObject {
  /** Any key. */
  readonly [key: string]: unknown;
}

/** The response in `response.created`, `response.completed` and the other events about a whole response. */
export interface ResponseObject extends JsonObject {
  /** The response's id, by which it can be continued. */
  readonly id?: string;
  /** The model that the server says it used. */
  readonly model?: string;
}

/** A response was opened. */
export interface CreatedEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.created";
  /** The response, without its output. */
  readonly response: ResponseObject;
}

/** An item begins. */
export interface OutputItemAddedEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.output_item.added";
  /** The item as far as it is known; its `type` is one of those of `KnownItem`, or a newer one. */
  readonly item: JsonObject & { readonly type: string };
}

/** An item is complete. */
export interface OutputItemDoneEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.output_item.done";
  /** The whole item; its `type` is one of those of `KnownItem`, or a newer one. */
  readonly item: JsonObject & { readonly type: string };
}

/** A piece of the answer's text. */
export interface OutputTextDeltaEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.output_text.delta";
  /** The piece, which follows the earlier ones. */
  readonly delta: string;
}

/** A piece of a custom tool's input. At least one of the two ids is there. */
export interface ToolCallInputDeltaEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.custom_tool_call_input.delta";
  /** The piece, which follows the earlier ones. */
  readonly delta: string;
  /** The item it belongs to. */
  readonly item_id?: string;
  /** The call it belongs to. */
  readonly call_id?: string;
}

/** A piece of a reasoning summary. */
export interface ReasoningSummaryDeltaEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.reasoning_summary_text.delta";
  /** The piece, which follows the earlier ones. */
  readonly delta: string;
  /** Which part of the summary, from 0. */
  readonly summary_index: number;
}

/** A reasoning summary, whole. */
export interface ReasoningSummaryDoneEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.reasoning_summary_text.done";
  /** The item it belongs to. */
  readonly item_id: string;
  /** The text of the part. */
  readonly text: string;
  /** Which part of the summary, from 0. */
  readonly summary_index: number;
}

/** A new part of a reasoning summary begins. */
export interface ReasoningSummaryPartAddedEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.reasoning_summary_part.added";
  /** Which part of the summary, from 0. */
  readonly summary_index: number;
}

/** A piece of raw reasoning. */
export interface ReasoningTextDeltaEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.reasoning_text.delta";
  /** The piece, which follows the earlier ones. */
  readonly delta: string;
  /** Which part of the item's content, from 0. */
  readonly content_index: number;
}

/** The response is complete. */
export interface CompletedEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.completed";
  /** The response with its usage. */
  readonly response: ResponseObject & { readonly id: string };
}

/** The response failed. */
export interface FailedEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.failed";
  /** The response with its error. */
  readonly response?: ResponseObject;
}

/** The response was cut short by the server. */
export interface IncompleteEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.incomplete";
  /** The response with the reason. */
  readonly response?: ResponseObject;
}

/** The server reports an error outside a response. */
export interface ErrorEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "error";
}

/** Side facts: verification, moderation, safety buffering, headers. */
export interface MetadataEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "response.metadata";
}

/** Rate limits pushed in the stream. */
export interface RateLimitsPushEvent extends JsonObject {
  /** Discriminates. */
  readonly type: "codex.rate_limits";
}

/** Events of the API with a meaning here. */
export type ApiEvent =
  | CreatedEvent
  | OutputItemAddedEvent
  | OutputItemDoneEvent
  | OutputTextDeltaEvent
  | ToolCallInputDeltaEvent
  | ReasoningSummaryDeltaEvent
  | ReasoningSummaryDoneEvent
  | ReasoningSummaryPartAddedEvent
  | ReasoningTextDeltaEvent
  | CompletedEvent
  | FailedEvent
  | IncompleteEvent
  | ErrorEvent
  | MetadataEvent
  | RateLimitsPushEvent;

/**
 * Any other event of the API, and one of the above whose fields are not as they should be. Passed on, never
 * an error. (A union of literals cannot hold "any other string", so there is a wrapper.)
 */
export interface OtherEvent {
  /** Discriminates. */
  readonly type: "other";
  /** The event's own `type`. */
  readonly name: string;
  /** The event as it was received. */
  readonly payload: JsonObject;
}

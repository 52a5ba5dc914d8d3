/**
 * The events of the Responses API, with the field names of the API.
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
  /** The id of the response, with which it can be continued. */
  readonly id?: string;
  /** The model that the server reports. */
  readonly model?: string;
}

/** A response has begun. */
export interface CreatedEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.created";
  /** The response, without its output. */
  readonly response: ResponseObject;
}

/** An item begins. */
export interface OutputItemAddedEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.output_item.added";
  /** The known part of the item; its `type` is a type of `KnownItem`, or a newer one. */
  readonly item: JsonObject & { readonly type: string };
}

/** An item is complete. */
export interface OutputItemDoneEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.output_item.done";
  /** The complete item; its `type` is a type of `KnownItem`, or a newer one. */
  readonly item: JsonObject & { readonly type: string };
}

/** A part of the text of the answer. */
export interface OutputTextDeltaEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.output_text.delta";
  /** The text to append to the previous parts. */
  readonly delta: string;
}

/** A part of the input of a custom tool. At least one of the two ids is set. */
export interface ToolCallInputDeltaEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.custom_tool_call_input.delta";
  /** The text to append to the previous parts. */
  readonly delta: string;
  /** The id of the item that contains it. */
  readonly item_id?: string;
  /** The id of the call that contains it. */
  readonly call_id?: string;
}

/** A part of a reasoning summary. */
export interface ReasoningSummaryDeltaEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.reasoning_summary_text.delta";
  /** The text to append to the previous parts. */
  readonly delta: string;
  /** The index of the part in the summary, from 0. */
  readonly summary_index: number;
}

/** A complete part of a reasoning summary. */
export interface ReasoningSummaryDoneEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.reasoning_summary_text.done";
  /** The id of the item that contains it. */
  readonly item_id: string;
  /** The text of the part. */
  readonly text: string;
  /** The index of the part in the summary, from 0. */
  readonly summary_index: number;
}

/** A new part of a reasoning summary begins. */
export interface ReasoningSummaryPartAddedEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.reasoning_summary_part.added";
  /** The index of the part in the summary, from 0. */
  readonly summary_index: number;
}

/** A part of raw reasoning. */
export interface ReasoningTextDeltaEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.reasoning_text.delta";
  /** The text to append to the previous parts. */
  readonly delta: string;
  /** The index of the part in the content of the item, from 0. */
  readonly content_index: number;
}

/** The response is complete. */
export interface CompletedEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.completed";
  /** The response with its usage. */
  readonly response: ResponseObject & { readonly id: string };
}

/** The response failed. */
export interface FailedEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.failed";
  /** The response with its error. */
  readonly response?: ResponseObject;
}

/** The server ended the response before it was complete. */
export interface IncompleteEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.incomplete";
  /** The response with the reason. */
  readonly response?: ResponseObject;
}

/** The server reports an error outside a response. */
export interface ErrorEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "error";
}

/** Metadata: verification, moderation, safety buffering, headers. */
export interface MetadataEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "response.metadata";
}

/** Rate limits in the stream. */
export interface RateLimitsPushEvent extends JsonObject {
  /** The discriminant of the union. */
  readonly type: "codex.rate_limits";
}

/** The events of the API that culvert processes. */
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
 * Any other event of the API, and an event above with unexpected fields. It is yielded and is never an error. (A union
 * of literal types cannot contain "any other string", so the event is wrapped.)
 */
export interface OtherEvent {
  /** The discriminant of the union. */
  readonly type: "other";
  /** The `type` of the event. */
  readonly name: string;
  /** The event as it was received. */
  readonly payload: JsonObject;
}

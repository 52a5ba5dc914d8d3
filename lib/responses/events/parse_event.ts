/**
 * Parses the JSON text of one event to an {@link ApiEvent} or {@link OtherEvent}. Only the fields that are used are
 * checked: a schema for each delta would take several times as long as the parsing.
 *
 * @module
 */
import type {
  ApiEvent,
  CompletedEvent,
  CreatedEvent,
  ErrorEvent,
  FailedEvent,
  IncompleteEvent,
  JsonObject,
  MetadataEvent,
  OtherEvent,
  OutputItemAddedEvent,
  OutputItemDoneEvent,
  OutputTextDeltaEvent,
  RateLimitsPushEvent,
  ReasoningSummaryDeltaEvent,
  ReasoningSummaryDoneEvent,
  ReasoningSummaryPartAddedEvent,
  ReasoningTextDeltaEvent,
  StreamItem,
  ToolCallInputDeltaEvent,
} from "./events.ts";
import { isItem } from "./items.ts";
import { isObject } from "../../text/json.ts";

/** An event as it was received, with its JSON text. */
export interface ParsedEvent extends StreamItem {
  readonly event: ApiEvent | OtherEvent;
  readonly text: string;
}

/** The prefix of the program's own events. An event of a server may not use it. */
const OWN_PREFIX = "culvert.";

/**
 * Parses one event.
 *
 * @param text the JSON as received
 * @returns the event and its text as it was received; `undefined`
 *   for what is not a JSON object with a `type`, and for a `type` that only this program may use
 */
export function parseEvent(text: string): ParsedEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Not JSON: the caller counts it.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!isObject(value)) return undefined;
  const name = value.type;
  if (typeof name !== "string") return undefined;
  const event = classify(name, value);
  if (event.type === "other" && name.startsWith(OWN_PREFIX)) return undefined;
  return { event, text };
}

/** Whether a text is the end mark of chat streams. The Responses API has terminal events instead. */
export function isDoneMark(text: string): boolean {
  return text.length < 16 && text.trim() === "[DONE]";
}

/** Whether a text looks like JSON that was cut or changed; a keep-alive such as `ping` holds none of its punctuation. */
export function isDamagedJson(text: string): boolean {
  if (!/["{}]/.test(text)) return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}

function classify(name: string, event: JsonObject): ApiEvent | OtherEvent {
  switch (name) {
    case "response.output_text.delta":
      if (isTextDelta(event)) return event;
      break;
    case "response.created":
      if (isCreated(event)) return event;
      break;
    case "response.output_item.added":
    case "response.output_item.done":
      if (isOutputItem(event)) return event;
      break;
    case "response.custom_tool_call_input.delta":
      if (isToolCallInputDelta(event)) return event;
      break;
    case "response.reasoning_summary_text.delta":
      if (isSummaryDelta(event)) return event;
      break;
    case "response.reasoning_summary_text.done":
      if (isSummaryDone(event)) return event;
      break;
    case "response.reasoning_summary_part.added":
      if (isSummaryPartAdded(event)) return event;
      break;
    case "response.reasoning_text.delta":
      if (isReasoningDelta(event)) return event;
      break;
    case "response.completed":
      if (isCompleted(event)) return event;
      break;
    case "response.failed":
    case "response.incomplete":
      if (isUnsuccessful(event)) return event;
      break;
    case "error":
      if (isErrorEvent(event)) return event;
      break;
    case "response.metadata":
      if (isMetadataEvent(event)) return event;
      break;
    case "codex.rate_limits":
      if (isRateLimitsPushEvent(event)) return event;
      break;
  }
  return { type: "other", name, payload: event };
}

function isTextDelta(event: JsonObject): event is OutputTextDeltaEvent {
  return typeof event.delta === "string";
}

function isCreated(event: JsonObject): event is CreatedEvent {
  return isObject(event.response);
}

function isOutputItem(event: JsonObject): event is OutputItemAddedEvent | OutputItemDoneEvent {
  return isItem(event.item);
}

function isToolCallInputDelta(event: JsonObject): event is ToolCallInputDeltaEvent {
  return typeof event.delta === "string" && isOptionalText(event.item_id) && isOptionalText(event.call_id) &&
    (event.item_id !== undefined || event.call_id !== undefined);
}

function isSummaryDelta(event: JsonObject): event is ReasoningSummaryDeltaEvent {
  return typeof event.delta === "string" && Number.isInteger(event.summary_index);
}

function isSummaryDone(event: JsonObject): event is ReasoningSummaryDoneEvent {
  return typeof event.item_id === "string" && typeof event.text === "string" &&
    Number.isInteger(event.summary_index);
}

function isSummaryPartAdded(event: JsonObject): event is ReasoningSummaryPartAddedEvent {
  return Number.isInteger(event.summary_index);
}

function isReasoningDelta(event: JsonObject): event is ReasoningTextDeltaEvent {
  return typeof event.delta === "string" && Number.isInteger(event.content_index);
}

function isCompleted(event: JsonObject): event is CompletedEvent {
  return isObject(event.response) && typeof event.response.id === "string";
}

function isUnsuccessful(event: JsonObject): event is FailedEvent | IncompleteEvent {
  return event.response === undefined || isObject(event.response);
}

function isErrorEvent(event: JsonObject): event is ErrorEvent {
  return event.type === "error";
}

function isMetadataEvent(event: JsonObject): event is MetadataEvent {
  return event.type === "response.metadata";
}

function isRateLimitsPushEvent(event: JsonObject): event is RateLimitsPushEvent {
  return event.type === "codex.rate_limits";
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

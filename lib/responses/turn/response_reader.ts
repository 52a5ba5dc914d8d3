/**
 * Texts of events → what a turn yields. The one path behind every wire: each event parsed once, the facts
 * that ride on it told before it, and the end recognised when it arrives.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import {
  endedAfterError,
  errorEvent,
  failedResponse,
  incompleteResponse,
} from "../failures/event_failures.ts";
import type { ErrorEvent, JsonObject, ResponseObject, StreamItem } from "../events/events.ts";
import type { Failure } from "../failures/failure.ts";
import type { HttpFailure, RefusalContext } from "../failures/http_failures.ts";
import { isObject } from "../events/items.ts";
import { isDoneMark, type ParsedEvent, parseEvent } from "../events/parse_event.ts";
import { rateLimitFromEvent, rateLimitsOf } from "../events/rate_limits.ts";
import { refusalIn } from "../failures/refusal.ts";
import { withoutSecrets } from "../failures/server_text.ts";
import { isModelName, modelInEvent } from "../events/server_model.ts";
import { serverTimings, TIMINGS_EVENT } from "../events/server_timings.ts";
import type { TurnFacts } from "./turn_facts.ts";
import { TURN_STATE } from "../request/turn_state.ts";
import { tokenUsage } from "../events/usage.ts";
import type { CompletedResponse, ResponseHead } from "../transport/transport.ts";
import { headerIn } from "../events/headers_in_json.ts";

/** How a response ended. */
export type StreamEnd =
  | { readonly kind: "completed"; readonly response: CompletedResponse }
  | { readonly kind: "failed"; readonly failure: HttpFailure };

/** Reads one response. */
export class ResponseReader {
  readonly #facts: TurnFacts;
  readonly #head: ResponseHead;
  readonly #context: RefusalContext;
  #lastError: ErrorEvent | undefined;
  #hasEvents = false;
  #hasText = false;
  #hasOutput = false;
  #announced = false;
  readonly #items: (JsonObject & { readonly type: string })[] = [];

  /** @param context what failures are judged by */
  constructor(facts: TurnFacts, head: ResponseHead, context: RefusalContext) {
    this.#facts = facts;
    this.#head = head;
    this.#context = context;
  }

  /** Whether any event of the API was read. */
  get hasEvents(): boolean {
    return this.#hasEvents;
  }

  /** Whether a piece of the answer's text was read. */
  get hasText(): boolean {
    return this.#hasText;
  }

  /** Whether anything of the answer was read: text, reasoning, or an item. */
  get hasOutput(): boolean {
    return this.#hasOutput;
  }

  /** What the head says, as events, before any event of the body: model, rate limits, ETag, reasoning. */
  begin(): StreamItem[] {
    const { headers, transport, reused } = this.#head;
    const facts = this.#facts;
    const items: StreamItem[] = [];
    // A reused websocket repeats the head of its handshake; the state in it belongs to the turn that opened
    // it.
    if (!reused) facts.state.offer(headers.get(TURN_STATE));
    facts.side.begin(headers);
    const model = headers.get("openai-model");
    if (model !== null && isModelName(model)) items.push(...facts.model.observe(model));
    if (transport === "sse") {
      for (const snapshot of rateLimitsOf(headers)) {
        const known = facts.limits.record(snapshot);
        if (known !== undefined) items.push({ event: { type: "culvert.rate_limits", snapshot: known } });
      }
    }
    const etag = headers.get("x-models-etag");
    if (etag && !facts.etags.has(etag)) {
      facts.etags.add(etag);
      items.push({ event: { type: "culvert.models_etag", etag } });
    }
    if (headers.has("x-reasoning-included")) items.push({ event: { type: "culvert.reasoning_included" } });
    return items;
  }

  /**
   * Reads the next texts.
   *
   * @param into receives the events, up to and including the one that ends the response
   * @returns how it ended, once it has; what follows the end is not read
   */
  read(texts: readonly string[], into: StreamItem[]): StreamEnd | undefined {
    for (const text of texts) {
      const item = this.#parse(text);
      if (item === undefined) {
        if (!isDoneMark(text)) this.#facts.skipped++;
        continue;
      }
      this.#hasEvents = true;
      const end = this.#take(item, into);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  /** The verdict on a stream that ended in good order without a terminal event. */
  ended(): Failure {
    if (this.#lastError !== undefined) return endedAfterError(this.#lastError, this.#context);
    return {
      error: new CulvertError("stream_closed", "The stream ended before the response was complete", {
        hint: "Something on the way, often a proxy with a time limit, closed it.",
      }),
      retryable: true,
    };
  }

  /** Events pass as they came, but for a failure that repeats the credential that it refuses. */
  #parse(text: string): ParsedEvent | undefined {
    const item = parseEvent(text);
    if (item?.event.type !== "error" && item?.event.type !== "response.failed") return item;
    const clean = withoutSecrets(text, this.#context.secrets);
    return clean === text ? item : parseEvent(clean);
  }

  #take(item: ParsedEvent, into: StreamItem[]): StreamEnd | undefined {
    const { event, text } = item;
    if (event.type === "response.output_text.delta") {
      // Most events are these; each further comparison of their name would cost as much as all that is done here.
      this.#hasText = this.#hasOutput = true;
      this.#tellSideFacts(false, event, into);
      into.push(item);
      return undefined;
    }
    switch (event.type) {
      case "response.created":
        this.#announced = true;
        this.#note(event.response);
        break;
      case "response.output_item.done":
        this.#items.push(event.item);
        this.#hasOutput = true;
        break;
      case "response.output_item.added":
      case "response.custom_tool_call_input.delta":
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_summary_text.done":
      case "response.reasoning_summary_part.added":
      case "response.reasoning_text.delta":
        this.#hasOutput = true;
        break;
      case "other":
        if (event.name === TIMINGS_EVENT) this.#takeTimings(event.payload, into);
        break;
      case "codex.rate_limits":
        return this.#takeRateLimits(event, item, into);
    }
    this.#tellSideFacts(event.type === "response.metadata", rawOf(item), into);
    into.push(item);
    switch (event.type) {
      case "response.completed":
        this.#note(event.response);
        this.#count(event.response, into);
        this.#facts.items = this.#items;
        this.#facts.refusal = refusalIn(this.#items);
        return {
          kind: "completed",
          response: { id: event.response.id, items: this.#items, announced: this.#announced },
        };
      case "response.failed":
        this.#note(event.response);
        return { kind: "failed", failure: failedResponse(event, this.#context) };
      case "response.incomplete":
        this.#note(event.response);
        if (event.response !== undefined) this.#count(event.response, into);
        return { kind: "failed", failure: incompleteResponse(event) };
      case "error":
        this.#lastError = event;
        return this.#failed(errorEvent(event, text, this.#context), into);
      case "other":
        return event.name === "response.completed" && isObject(event.payload.response)
          ? { kind: "failed", failure: unreadableCompletion() }
          : undefined;
    }
    return undefined;
  }

  #failed(failure: HttpFailure | undefined, into: StreamItem[]): StreamEnd | undefined {
    if (failure === undefined) return undefined;
    if (failure.snapshot !== undefined) {
      const snapshot = this.#facts.limits.record(failure.snapshot);
      if (snapshot !== undefined) into.push({ event: { type: "culvert.rate_limits", snapshot } });
    }
    return { kind: "failed", failure };
  }

  #takeRateLimits(event: JsonObject, item: StreamItem, into: StreamItem[]): undefined {
    const snapshot = rateLimitFromEvent(event);
    const known = snapshot === undefined ? undefined : this.#facts.limits.record(snapshot);
    if (known !== undefined) into.push({ event: { type: "culvert.rate_limits", snapshot: known } });
    into.push(item);
  }

  #takeTimings(event: JsonObject, into: StreamItem[]): void {
    const timings = this.#head.transport === "websocket" ? serverTimings(event) : undefined;
    if (timings !== undefined) into.push({ event: timings });
  }

  /** Most events carry none of this; the looks below are all that they pay. */
  #tellSideFacts(isMetadata: boolean, raw: JsonObject, into: StreamItem[]): void {
    const { headers, response, safety_buffering } = raw;
    if (headers !== undefined || response !== undefined) {
      const model = modelInEvent(raw);
      if (model !== undefined) into.push(...this.#facts.model.observe(model));
    }
    if (isMetadata && this.#head.transport === "websocket") {
      this.#facts.state.offer(headerIn(headers, TURN_STATE));
    }
    if (isMetadata || headers !== undefined || safety_buffering !== undefined) {
      into.push(...this.#facts.side.observe(isMetadata, raw));
    }
  }

  #note(response: ResponseObject | undefined): void {
    if (typeof response?.id === "string") this.#facts.responseId = response.id;
    if (typeof response?.model === "string" && isModelName(response.model)) {
      this.#facts.statedModel = response.model;
    }
  }

  #count(response: ResponseObject, into: StreamItem[]): void {
    const usage = tokenUsage(response.usage);
    // The answer came whole: it is not thrown away because its account cannot be read.
    if (usage !== undefined) this.#facts.usage = usage;
    else {into.push({
        event: { type: "culvert.warning", code: "usage_unreadable", message: USAGE_UNREADABLE },
      });}
  }
}

const USAGE_UNREADABLE = "The server's token counts cannot be read, so none are reported";

function rawOf({ event }: ParsedEvent): JsonObject {
  return event.type === "other" ? event.payload : event;
}

function unreadableCompletion(): Failure {
  return {
    error: new CulvertError(
      "response_failed",
      "The completed response cannot be read: `response.id` is no text",
      {
        hint: "The provider does not speak the Responses API in full.",
      },
    ),
    retryable: true,
  };
}

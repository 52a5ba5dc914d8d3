/**
 * Turns the JSON texts of events into what a turn yields, for every transport: each event is parsed once, preceded by
 * the program's own events about it, and the end of the response is recognized when it arrives.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import {
  endedAfterError,
  errorEvent,
  failedResponse,
  incompleteResponse,
} from "../../failures/event_failures.ts";
import type { ErrorEvent, JsonObject, ResponseObject, StreamItem } from "../../events/events.ts";
import type { Failure, RefusalContext } from "../../failures/failure.ts";
import type { HttpFailure } from "../../failures/http_failures.ts";
import { isItem, outputText } from "../../events/items.ts";
import { isDamagedJson, isDoneMark, type ParsedEvent, parseEvent } from "../../events/parse_event.ts";
import { rateLimitFromEvent, rateLimitsOf } from "../../events/rate_limits.ts";
import { refusalIn } from "../../failures/refusal.ts";
import { withoutSecrets } from "../../failures/server_text.ts";
import { isModelName, modelInEvent } from "../../events/server_model.ts";
import { serverTimings, TIMINGS_EVENT } from "../../events/server_timings.ts";
import { EVENT_DAMAGED } from "./answer_collector.ts";
import type { TurnFacts } from "../turn_facts.ts";
import { TURN_STATE } from "../../request/turn_state.ts";
import { tokenUsage } from "../../events/usage.ts";
import { type CompletedResponse, MAX_EVENT_LENGTH, type ResponseHead } from "../../transport/transport.ts";
import { headerIn } from "../../events/headers_in_json.ts";
import { isObject } from "../../../text/json.ts";

/**
 * Largest sum of the output items of one response, in UTF-16 units of their JSON. Items are kept until the response is
 * complete; one item is bounded by `MAX_EVENT_LENGTH`.
 */
const MAX_ITEMS_LENGTH = 2 * MAX_EVENT_LENGTH;
/** Counted for each item beside its JSON: an object takes memory even where its text is short. */
const ITEM_OVERHEAD = 256;

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
  #events = 0;
  #textDeltas = 0;
  #hasText = false;
  #hasOutput = false;
  #announced = false;
  #isDamaged = false;
  #itemsLength = 0;
  readonly #items: (JsonObject & { readonly type: string })[] = [];

  /** @param context what failures are judged by */
  constructor(facts: TurnFacts, head: ResponseHead, context: RefusalContext) {
    this.#facts = facts;
    this.#head = head;
    this.#context = context;
  }

  /** Whether any event of the API was read; keep-alive events do not count. */
  get hasEvents(): boolean {
    return this.#events > 0;
  }

  /** How many events of the API were read. */
  get events(): number {
    return this.#events;
  }

  /** How many of them were pieces of the answer's text. */
  get textDeltas(): number {
    return this.#textDeltas;
  }

  /** Whether text of the answer was read. */
  get hasText(): boolean {
    return this.#hasText;
  }

  /** Whether anything of the answer was read: text, reasoning, or an item. */
  get hasOutput(): boolean {
    return this.#hasOutput;
  }

  /** The complete output items so far. */
  get items(): readonly JsonObject[] {
    return this.#items;
  }

  /** Returns the events that the head of the response leads to: model, rate limits, ETag, reasoning. */
  begin(): StreamItem[] {
    const { headers, transport, reused } = this.#head;
    const facts = this.#facts;
    const items: StreamItem[] = [];
    // A reused websocket repeats the head of its handshake. The state in it belongs to the turn that opened it.
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
   * @returns how the response ended, once it has; what follows the end is not read
   */
  read(texts: readonly string[], into: StreamItem[]): StreamEnd | undefined {
    for (const text of texts) {
      const item = this.#parse(text);
      const end = item === undefined ? this.#skip(text, into) : this.#take(item, into);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  /** Returns the failure of a stream that ended in good order without a terminal event. */
  ended(): Failure {
    if (this.#lastError !== undefined) return endedAfterError(this.#lastError, this.#context);
    return {
      error: new CulvertError("stream_closed", "The stream ended before the response was complete", {
        hint: "The server or a proxy closed it, often because of a time limit.",
      }),
      retryable: true,
    };
  }

  /** A text that is no event: the end mark of chat streams, a keep-alive, or a damaged event. */
  #skip(text: string, into: StreamItem[]): StreamEnd | undefined {
    if (isDoneMark(text)) return this.#endedByMark(into);
    this.#facts.skipped++;
    if (isDamagedJson(text)) this.#noteDamage(into);
    return undefined;
  }

  /** `[DONE]` in place of a terminal event: the sender is finished, so the answer is whole. */
  #endedByMark(into: StreamItem[]): StreamEnd {
    if (this.#lastError !== undefined) return { kind: "failed", failure: this.ended() };
    const what =
      "The gateway ended the stream with [DONE] and sent no terminal event such as response.completed";
    if (!this.#hasOutput) {
      const hint = "The gateway implements only a part of the Responses API. Tell its administrator.";
      return {
        kind: "failed",
        failure: { error: new CulvertError("stream_closed", what, { hint }), retryable: true },
      };
    }
    const message = `${what}; the answer is treated as complete, without token counts`;
    into.push({ event: { type: "culvert.warning", code: "no_terminal_event", message } });
    return this.#completed("");
  }

  #noteDamage(into: StreamItem[]): void {
    if (this.#isDamaged) return;
    this.#isDamaged = true;
    const message =
      "An event of the stream is damaged; the missing text is restored from the event that repeats it";
    into.push({ event: { type: "culvert.warning", code: EVENT_DAMAGED, message } });
  }

  /** Parses an event. A failure that repeats the credential that was sent is cleaned first. */
  #parse(text: string): ParsedEvent | undefined {
    const item = parseEvent(text);
    if (item?.event.type !== "error" && item?.event.type !== "response.failed") return item;
    const clean = withoutSecrets(text, this.#context.secrets);
    return clean === text ? item : parseEvent(clean);
  }

  #take(item: ParsedEvent, into: StreamItem[]): StreamEnd | undefined {
    const { event, text } = item;
    if (event.type === "response.output_text.delta") {
      // Most events are deltas, so they are handled before all others.
      this.#events++;
      this.#textDeltas++;
      this.#hasText = this.#hasOutput = true;
      this.#tellSideFacts(false, event, into);
      into.push(item);
      return undefined;
    }
    if (!isKeepAlive(event)) this.#events++;
    switch (event.type) {
      case "response.created":
        this.#announced = true;
        this.#note(event.response);
        break;
      case "response.output_item.done":
        this.#items.push(event.item);
        this.#itemsLength += text.length + ITEM_OVERHEAD;
        this.#hasOutput = true;
        if (outputText(event.item) !== "") this.#isDamaged = false;
        if (this.#itemsLength > MAX_ITEMS_LENGTH) return { kind: "failed", failure: tooManyItems() };
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
        else if (event.name === "response.output_text.done") {
          this.#isDamaged &&= typeof event.payload.text !== "string";
        } else if (event.name === "response.output_text.delta") this.#noteDamage(into);
        break;
      case "codex.rate_limits":
        return this.#takeRateLimits(event, item, into);
    }
    this.#tellSideFacts(event.type === "response.metadata", rawOf(item), into);
    into.push(item);
    switch (event.type) {
      case "response.completed":
        return this.#completedBy(event.response, into);
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
        if (event.name === "response.done") return this.#done(event.payload, into);
        return event.name === "response.completed" && isObject(event.payload.response)
          ? { kind: "failed", failure: unreadableCompletion() }
          : undefined;
    }
    return undefined;
  }

  /**
   * `response.done`, which gateways send in place of the terminal events (it is the terminal event of the realtime
   * API): the status of the response decides.
   */
  #done({ response }: JsonObject, into: StreamItem[]): StreamEnd {
    const body: ResponseObject = isObject(response) ? response : {};
    switch (body.status) {
      case "failed":
      case "cancelled":
        this.#note(body);
        return {
          kind: "failed",
          failure: failedResponse({ type: "response.failed", response: body }, this.#context),
        };
      case "incomplete":
        this.#note(body);
        this.#count(body, into);
        return {
          kind: "failed",
          failure: incompleteResponse({ type: "response.incomplete", response: body }),
        };
      default:
        return this.#completedBy(body, into);
    }
  }

  #completedBy(response: ResponseObject, into: StreamItem[]): StreamEnd {
    this.#note(response);
    this.#count(response, into);
    if (Array.isArray(response.output)) {
      if (response.output.some((item) => outputText(item) !== "")) this.#isDamaged = false;
      // Some gateways send no items before the end, which then is the only event that has them.
      if (this.#items.length === 0) this.#items.push(...response.output.filter(isItem));
    }
    return this.#completed(typeof response.id === "string" ? response.id : "");
  }

  #completed(id: string): StreamEnd {
    if (this.#isDamaged) return { kind: "failed", failure: damagedAnswer() };
    this.#facts.items = this.#items;
    this.#facts.refusal = refusalIn(this.#items);
    return { kind: "completed", response: { id, items: this.#items, announced: this.#announced } };
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

  /** Yields what an event carries beside its own meaning: model, sticky state, safety buffering. */
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
    // The answer is complete: unreadable token counts are no reason to discard it.
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
      "The terminal event response.completed cannot be read: response.id is not a text",
      {
        hint: "The provider implements only a part of the Responses API. Tell its administrator.",
      },
    ),
    retryable: true,
  };
}

/** Whether an event only shows that the connection works. Unknown events of the API do not count as such. */
function isKeepAlive(event: ParsedEvent["event"]): boolean {
  return event.type === "other" && !/^(response|codex|responsesapi)\./.test(event.name);
}

function damagedAnswer(): Failure {
  return {
    error: new CulvertError(
      "response_failed",
      "Part of the answer is lost: an event of the stream is damaged, and no later event repeats its text",
      { hint: "A proxy on the route changes the stream. Try again, or use another transport." },
    ),
    retryable: true,
  };
}

function tooManyItems(): Failure {
  return {
    error: new CulvertError(
      "message_too_large",
      `The output items of the response have more than ${MAX_ITEMS_LENGTH} characters in total`,
      {
        hint: "Request a shorter answer. If the request is small, the server sends endless items.",
        details: { limit: MAX_ITEMS_LENGTH },
      },
    ),
    retryable: false,
  };
}

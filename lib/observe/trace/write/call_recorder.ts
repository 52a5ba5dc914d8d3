/**
 * Records an inference call: its request, and one end.
 *
 * @module
 */
import type {
  CallEnd,
  CallTrace,
  SentRequest,
  TracedAnswer,
  TracedTurn,
} from "../../../responses/request/inference_trace.ts";
import type { EventBatch, JsonObject, TokenUsage, TransportName } from "../../../responses/events/events.ts";
import { AnswerTimes } from "./answer_times.ts";
import type { EventContext, WrittenEvent } from "./bundle/bundle_writer.ts";
import { callItems, idOf, preparedPrompt } from "./call_payloads.ts";
import type { PayloadStore } from "./bundle/payload_store.ts";
import type { TurnRecorderParts } from "./turn_recorder.ts";

/** Reason of a call that was not read to its end (codex client 0.171.0). */
const DROPPED = "response stream dropped before provider terminal event";
/** Longest text of an incomplete item that is kept, characters; a longer one is truncated. */
const LONGEST_TEXT = 1024 * 1024;
/** Error of a call whose connection was cut before its request was sent. */
const SENT_AGAIN = "the connection broke; the request was sent again over a new one";

/** The parts that the recording of a call uses. */
export interface CallRecorderParts extends TurnRecorderParts {
  readonly context: EventContext;
  readonly turn: TracedTurn;
  readonly transport: TransportName;
  /** The reason of the attempt, if it is not the first of its request. */
  readonly cause: string | undefined;
  /** Cancels the call. */
  readonly signal: AbortSignal;
  /** Called when the attempt has ended. */
  readonly onEnd: (end: CallEnd) => void;
}

/** Records the call of one attempt. */
export class CallRecorder implements CallTrace {
  readonly #parts: CallRecorderParts;
  #id = "";
  #state: "new" | "begun" | "sent" | "ended" = "new";
  #answer: TracedAnswer | undefined;
  #times: AnswerTimes | undefined;
  /** Text of the incomplete item. */
  #text = "";

  constructor(parts: CallRecorderParts) {
    this.#parts = parts;
    parts.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  begin = (): string => {
    if (this.#state === "sent") this.#writeEnd({ kind: "failed", error: SENT_AGAIN });
    this.#state = "begun";
    return this.#id = crypto.randomUUID();
  };

  sending = (request: SentRequest): void => {
    if (this.#state !== "begun") return;
    this.#state = "sent";
    const { context, history, thread: { threadId }, turn, world, writer } = this.#parts;
    this.#times = new AnswerTimes(world);
    const { body } = request;
    for (const item of body.input) this.#accept(item);
    const { previous_response_id: previous } = body;
    const isKnown = typeof previous !== "string" || history.hasResponse(previous);
    // Copied now, because the callers may add to their lists later.
    const whole = isKnown ? undefined : request.wholeInput?.() ?? body.input;
    const id = this.#id;
    writer.add(context, (store) => {
      const items = store.items(body.input);
      const list = { key: "input", items };
      return {
        type: "inference_started",
        inference_call_id: id,
        thread_id: threadId,
        codex_turn_id: turn.turnId,
        model: turn.request.model,
        provider_name: turn.providerName,
        request_payload: store.value("inference_request", body, list),
        prepared_prompt_payload: store.value("prepared_prompt", preparedPrompt(turn.request), list),
        ...(whole === undefined ? {} : {
          warmup_context_payload: store.value("warmup_context", { input: [] }, {
            key: "input",
            items: store.items(whole),
          }),
        }),
      };
    });
  };

  reading = (answer: TracedAnswer): void => {
    this.#answer = answer;
    this.#times?.headArrived();
  };

  read = (batch: EventBatch): void => {
    if (this.#state !== "sent") return;
    this.#times?.read(batch);
    for (const { event } of batch) {
      if (event.type === "response.output_text.delta") {
        if (this.#text.length < LONGEST_TEXT) this.#text += event.delta;
      } else if (event.type === "response.output_item.done") this.#text = "";
    }
  };

  end = (end: CallEnd): void => {
    const { onEnd, signal } = this.#parts;
    if (this.#state === "ended") return;
    const wasSent = this.#state === "sent";
    this.#state = "ended";
    signal.removeEventListener("abort", this.#onAbort);
    if (wasSent) this.#writeEnd(end);
    onEnd(end);
  };

  #onAbort = (): void => this.end({ kind: "cancelled" });

  #writeEnd(end: CallEnd): void {
    const { context, history, turn, writer } = this.#parts;
    const items = [...this.#answer?.items() ?? []];
    const common = {
      inference_call_id: this.#id,
      upstream_request_id: (end.kind === "failed" ? end.upstreamRequestId : undefined) ??
        this.#answer?.upstreamRequestId ?? null,
      culvert: this.#facts(end),
    };
    const response = {
      upstream_request_id: common.upstream_request_id,
      items,
      text: end.kind === "completed" ? "" : this.#text,
    };
    if (end.kind === "completed") {
      const { responseId, usage } = end;
      if (responseId !== undefined) history.addResponse(responseId);
      writer.add(context, (store) => ({
        type: "inference_completed",
        ...common,
        response_id: responseId ?? null,
        response_payload: storeResponse(store, response, responseId, usage),
      }));
    } else {
      const reason = end.kind === "failed"
        ? { type: "inference_failed", error: end.error }
        : { type: "inference_cancelled", reason: DROPPED };
      writer.add(context, (store): WrittenEvent => ({
        ...reason,
        ...common,
        ...(items.length === 0 && response.text === ""
          ? {}
          : { partial_response_payload: storeResponse(store, response) }),
      }));
    }
    for (const item of items) this.#accept(item);
    for (const callId of callItems(items)) history.addCall(callId, turn.turnId);
    this.#answer = undefined;
    this.#text = "";
  }

  #facts(end: CallEnd): WrittenFacts {
    const { cause, transport } = this.#parts;
    const answer = this.#answer;
    const status = (end.kind === "failed" ? end.httpStatus : undefined) ?? answer?.httpStatus;
    return {
      transport,
      ...(answer?.isReused === undefined ? {} : { connection_reused: answer.isReused }),
      ...(status === undefined ? {} : { http_status: status }),
      ...(cause === undefined ? {} : { cause }),
      ...this.#times?.facts(),
    };
  }

  #accept(item: unknown): void {
    const { context, history, writer } = this.#parts;
    const id = idOf(item);
    if (id === undefined || !history.accept(id)) return;
    writer.add(context, () => ({ type: "history_item_accepted", item_id: id }));
  }
}

type WrittenFacts = Readonly<Record<string, unknown>>;

interface Response {
  readonly upstream_request_id: string | null;
  readonly items: readonly JsonObject[];
  /** The text of an incomplete item. */
  readonly text: string;
}

function storeResponse(
  store: PayloadStore,
  { items, text, upstream_request_id }: Response,
  responseId?: string,
  usage?: TokenUsage | null,
): object {
  const value = {
    response_id: responseId ?? null,
    upstream_request_id,
    token_usage: usage ?? null,
    output_items: [],
    ...(text === "" ? {} : { partial_text: text }),
  };
  return store.value("inference_response", value, { key: "output_items", items: store.items(items) });
}

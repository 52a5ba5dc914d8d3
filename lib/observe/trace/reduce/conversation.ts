/**
 * Assembles conversations from the items of requests and responses. A request repeats the history; an item
 * that is sent again is the same item.
 *
 * @module
 */
import type { ItemStep } from "./event_reducer.ts";
import type { ItemFacts } from "./item_facts.ts";
import type { InferenceCall, ItemProducer, TraceItem, TraceThread } from "./model.ts";
import type { PayloadFacts } from "./payload_facts.ts";

/** The state of one thread. */
interface History {
  /** Ids of items by the key of their content. */
  readonly byKey: Map<string, string[]>;
  /** Items of the latest request with its response. */
  latest: readonly string[];
}

/** A request with some known items. */
interface RequestState {
  readonly used: ReadonlySet<string>;
  readonly passed: Map<string, number>;
  /** Number of the next item. */
  readonly place: number;
}

/** The conversations of a trace. */
export class Conversations {
  /** In the order in which they were first seen. */
  readonly items = new Map<string, TraceItem>();
  readonly #keys = new Map<string, string>();
  readonly #histories = new Map<string, History>();
  readonly #callOfResponse = new Map<string, InferenceCall>();
  readonly #facts: PayloadFacts;
  readonly #threads: ReadonlyMap<string, TraceThread>;

  /** @param facts from the payloads of all steps */
  constructor(facts: PayloadFacts, threads: ReadonlyMap<string, TraceThread>) {
    this.#facts = facts;
    this.#threads = threads;
  }

  /** Applies the next step. */
  apply({ kind, call, at }: ItemStep): void {
    if (kind === "request") this.#applyRequest(call, at);
    else this.#applyResponse(call, at);
  }

  #applyRequest(call: InferenceCall, at: number): void {
    const prepared = call.prepared_prompt_payload_id;
    const logical = prepared === null ? undefined : this.#facts.request(prepared);
    const payloadId = logical === undefined ? call.raw_request_payload_id : prepared ?? "";
    const request = logical ?? this.#facts.request(call.raw_request_payload_id);
    if (request === undefined) return;
    const { previous_response_id: previous } = request;
    const earlier = previous === null ? undefined : this.#callOfResponse.get(previous);
    const prefix = earlier === undefined ? [] : [...earlier.request_item_ids, ...earlier.response_item_ids];
    const ids = [...prefix];
    const used = new Set(prefix);
    /** The number of used candidates of each content, so that none is examined twice. */
    const passed = new Map<string, number>();
    const history = this.#historyOf(call);
    for (const facts of request.items) {
      // The client adds the tools to the input; they are not an item of the conversation.
      if (facts.kind === "additional_tools") continue;
      const id = this.#known(history, facts, { used, passed, place: ids.length }) ??
        this.#add(call, facts, payloadId, at).item_id;
      used.add(id);
      ids.push(id);
    }
    call.request_item_ids = ids;
    history.latest = ids;
  }

  #applyResponse(call: InferenceCall, at: number): void {
    const response = this.#facts.response(call.raw_response_payload_id);
    if (response === undefined) return;
    call.usage = response.usage;
    call.response_id ??= response.response_id;
    if (call.response_id !== null) this.#callOfResponse.set(call.response_id, call);
    const ids = response.items.map((facts) => {
      const item = this.#add(call, facts, call.raw_response_payload_id ?? "", at);
      item.produced_by.push({ type: "inference", inference_call_id: call.inference_call_id });
      return item.item_id;
    });
    call.response_item_ids = ids;
    const history = this.#historyOf(call);
    history.latest = [...call.request_item_ids, ...ids];
  }

  /** Returns the item that a request repeats: the one at the same position if several have equal content. */
  #known(history: History, facts: ItemFacts, { used, passed, place }: RequestState): string | undefined {
    const candidates = history.byKey.get(facts.key);
    if (candidates === undefined) return undefined;
    const there = history.latest[place];
    if (there !== undefined && !used.has(there) && this.#keys.get(there) === facts.key) return there;
    let next = passed.get(facts.key) ?? 0;
    while (next < candidates.length && used.has(candidates[next] ?? "")) next++;
    passed.set(facts.key, next);
    return candidates[next];
  }

  #add(call: InferenceCall, facts: ItemFacts, payloadId: string, at: number): TraceItem {
    const item: TraceItem = {
      item_id: `conversation_item:${this.items.size + 1}`,
      responses_item_id: facts.id,
      thread_id: call.thread_id,
      codex_turn_id: call.codex_turn_id,
      first_seen_at_unix_ms: at,
      accepted_at_unix_ms: null,
      accepted_seq: null,
      role: facts.role ??
        (facts.kind === "message" || facts.kind.endsWith("_call") || facts.kind === "reasoning"
          ? "assistant"
          : null),
      kind: facts.kind,
      call_id: facts.call_id,
      text: facts.text,
      chars: facts.chars,
      raw_payload_id: payloadId,
      produced_by: new Array<ItemProducer>(),
    };
    this.items.set(item.item_id, item);
    this.#keys.set(item.item_id, facts.key);
    this.#threads.get(call.thread_id)?.conversation_item_ids.push(item.item_id);
    const { byKey } = this.#historyOf(call);
    const same = byKey.get(facts.key);
    if (same === undefined) byKey.set(facts.key, [item.item_id]);
    else same.push(item.item_id);
    return item;
  }

  #historyOf({ thread_id: id }: InferenceCall): History {
    let history = this.#histories.get(id);
    if (history === undefined) {
      history = { byKey: new Map(), latest: [] };
      this.#histories.set(id, history);
    }
    return history;
  }
}

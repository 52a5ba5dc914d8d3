/**
 * The events of one simulated response, in the form and the order of the real Responses API (observed in
 * 2026-02).
 *
 * @module
 */
import { identifier } from "../identifier.ts";
import type { Json, Scenario } from "./scenario.ts";

/** The fields of a request that an answer depends on. */
export interface ResponseRequest {
  readonly model: string;
  readonly previousResponseId?: string;
  /** False on a prewarm request: the response completes without output. */
  readonly generate: boolean;
  /** Wall clock of the answer, ms since 1970. */
  readonly now: number;
}

/** The default answer. */
const DEFAULT_TEXT =
  "A culvert carries a stream under whatever stands in its way: a road, a railway, a company's firewall.";

/** Splits a text before each word, roughly like the tokens of a model. */
function cutIntoDeltas(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/**
 * Yields the events of one response up to the end that the scenario defines. The sender performs a cut, an
 * EOF, a stall or a close; the events stop there.
 */
export function* responseEvents(scenario: Scenario, request: ResponseRequest): Generator<Json> {
  const script = new ResponseScript(scenario, request);
  yield* script.events();
}

class ResponseScript {
  readonly #scenario: Scenario;
  readonly #request: ResponseRequest;
  readonly #responseId = identifier("resp");
  readonly #output: Json[] = [];
  #sequence = 0;
  #outputTokens = 0;
  #reasoningTokens = 0;

  constructor(scenario: Scenario, request: ResponseRequest) {
    this.#scenario = scenario;
    this.#request = request;
  }

  *events(): Generator<Json> {
    yield this.#event("response.created", { response: this.#response("in_progress") });
    yield this.#event("response.in_progress", { response: this.#response("in_progress") });
    for (const extra of this.#scenario.extraEvents ?? []) yield extra;
    if (this.#request.generate) {
      if (this.#scenario.reasoning !== undefined) yield* this.#reasoning(this.#scenario.reasoning);
      for (const item of this.#scenario.items ?? []) yield* this.#wholeItem(item);
      // A model that calls a tool without a text sends no message.
      const isSilent = this.#scenario.items !== undefined && Array.isArray(this.#scenario.text) &&
        this.#scenario.text.length === 0;
      if (!isSilent && !(yield* this.#message())) return;
    }
    yield* this.#terminal();
  }

  *#terminal(): Generator<Json> {
    const ending = this.#scenario.ending ?? { kind: "completed" };
    if (ending.kind === "completed") {
      const done = this.#response("completed");
      yield this.#event("response.completed", {
        response: { ...done, usage: this.#usage(), ...this.#scenario.response },
      });
    } else if (ending.kind === "failed") {
      const error = { code: ending.code, message: ending.message };
      yield this.#event("response.failed", { response: { ...this.#response("failed"), error } });
    } else if (ending.kind === "incomplete") {
      const details = { incomplete_details: { reason: ending.reason } };
      yield this.#event("response.incomplete", {
        response: { ...this.#response("incomplete"), ...details, usage: this.#usage() },
      });
    } else if (ending.kind === "error") yield ending.frame;
  }

  *#reasoning(summary: string): Generator<Json> {
    const id = identifier("rs");
    const at = { item_id: id, output_index: this.#output.length, summary_index: 0 };
    const item = { id, type: "reasoning", encrypted_content: "Z0FBQUFB", summary: [] };
    yield this.#event("response.output_item.added", { output_index: at.output_index, item });
    const part = { type: "summary_text", text: "" };
    yield this.#event("response.reasoning_summary_part.added", { ...at, part });
    for (const delta of cutIntoDeltas(summary)) {
      this.#reasoningTokens++;
      yield this.#event("response.reasoning_summary_text.delta", { ...at, delta });
    }
    yield this.#event("response.reasoning_summary_text.done", { ...at, text: summary });
    const whole = { ...part, text: summary };
    yield this.#event("response.reasoning_summary_part.done", { ...at, part: whole });
    yield* this.#itemDone({ ...item, summary: [whole] });
  }

  *#wholeItem(item: Json): Generator<Json> {
    yield this.#event("response.output_item.added", { output_index: this.#output.length, item });
    yield* this.#itemDone(item);
  }

  /** Yields the events of the message item; returns whether it is complete. */
  *#message(): Generator<Json, boolean> {
    const id = identifier("msg");
    const at = { item_id: id, output_index: this.#output.length, content_index: 0 };
    const item = { id, type: "message", status: "in_progress", content: [], role: "assistant" };
    yield this.#event("response.output_item.added", { output_index: at.output_index, item });
    const part = { type: "output_text", annotations: [], logprobs: [], text: "" };
    yield this.#event("response.content_part.added", { ...at, part });
    const sent: string[] = [];
    const limit = this.#deltaLimit();
    for (const delta of this.#deltas()) {
      if (sent.length >= limit) break;
      sent.push(delta);
      this.#outputTokens++;
      yield this.#event("response.output_text.delta", { ...at, delta, logprobs: [] });
    }
    const ending = this.#scenario.ending?.kind ?? "completed";
    if (ending !== "completed" && ending !== "incomplete") {
      if (ending === "failed" || ending === "error") yield* this.#terminal();
      return false;
    }
    const text = sent.join("");
    yield this.#event("response.output_text.done", { ...at, text, logprobs: [] });
    const whole = { ...part, text };
    yield this.#event("response.content_part.done", { ...at, part: whole });
    yield* this.#itemDone({ ...item, status: ending, content: [whole] });
    return true;
  }

  *#itemDone(item: Json): Generator<Json> {
    yield this.#event("response.output_item.done", { output_index: this.#output.length, item });
    this.#output.push(item);
  }

  *#deltas(): Generator<string> {
    const { manyDeltas, hugeDeltaBytes, text = DEFAULT_TEXT } = this.#scenario;
    if (hugeDeltaBytes !== undefined) yield "x".repeat(hugeDeltaBytes);
    if (manyDeltas !== undefined) {
      for (let at = 0; at < manyDeltas; at++) yield "ab";
    } else yield* typeof text === "string" ? cutIntoDeltas(text) : text;
  }

  #deltaLimit(): number {
    const { ending } = this.#scenario;
    return ending !== undefined && "afterDeltas" in ending ? ending.afterDeltas ?? Infinity : Infinity;
  }

  #event(type: string, fields: Json): Json {
    return { type, sequence_number: this.#sequence++, ...fields };
  }

  #usage(): Json {
    const input = 42;
    const output = this.#outputTokens + this.#reasoningTokens;
    return {
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: this.#reasoningTokens },
      total_tokens: input + output,
    };
  }

  #response(status: string): Json {
    return {
      id: this.#responseId,
      object: "response",
      created_at: Math.floor(this.#request.now / 1000),
      status,
      background: false,
      error: null,
      incomplete_details: null,
      instructions: null,
      max_output_tokens: null,
      model: this.#request.model,
      output: [...this.#output],
      parallel_tool_calls: true,
      previous_response_id: this.#request.previousResponseId ?? null,
      reasoning: { effort: "medium", summary: null },
      service_tier: "default",
      store: false,
      temperature: 1,
      text: { format: { type: "text" }, verbosity: "medium" },
      tool_choice: "auto",
      tools: [],
      top_p: 1,
      truncation: "disabled",
      usage: null,
      user: null,
      metadata: {},
    };
  }
}

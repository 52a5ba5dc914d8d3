/**
 * What the chunks of a streamed Chat Completion say: the answers of servers that do not have the Responses API (API
 * reference, "The chat completion chunk object").
 *
 * @module
 */
import type { TokenUsage } from "../../../responses/events/events.ts";
import { tokenUsage } from "../../../responses/events/usage.ts";
import { member, parsed } from "../decode/event_facts.ts";
import type { TextHolder } from "./capture_reader.ts";

/** Facts of one completion. */
export interface ChatFacts {
  /** Absent where the stream broke off before its last chunk. */
  outcome?: "completed" | "incomplete";
  model?: string;
  response_id?: string;
  usage?: TokenUsage;
  /** Time of the first chunk with text, reasoning or a tool call, ms since the start of the capture. */
  first_token_at?: number;
}

/** Reasons for which a completion ends before the model has finished. */
const CUT_REASONS = ["length", "content_filter"];

/** Returns the facts of a stream. They are empty where it contains no chunk of a completion. */
export function chatFacts(
  events: readonly (TextHolder & { readonly t_ms: number })[],
  text: (holder: TextHolder) => string | undefined,
): ChatFacts {
  const facts: ChatFacts = {};
  for (const event of events) {
    const chunk = parsed(text(event) ?? "");
    if (member(chunk, "object") !== "chat.completion.chunk") continue;
    const [id, model, choices] = ["id", "model", "choices"].map((name) => member(chunk, name));
    if (typeof id === "string") facts.response_id ??= id;
    if (typeof model === "string") facts.model ??= model;
    // With `include_usage` the counts follow in a chunk of their own, after the reason.
    const usage = chatUsage(member(chunk, "usage"));
    if (usage !== undefined) facts.usage = usage;
    for (const choice of Array.isArray(choices) ? choices : []) {
      if (hasOutput(member(choice, "delta"))) facts.first_token_at ??= event.t_ms;
      const reason = member(choice, "finish_reason");
      if (typeof reason === "string") {
        facts.outcome = CUT_REASONS.includes(reason) ? "incomplete" : "completed";
      }
    }
  }
  return facts;
}

/** Reads the counts of a Chat Completion, which have other names; `undefined` where there are none. */
export function chatUsage(usage: unknown): TokenUsage | undefined {
  const of = (name: string) => member(usage, name);
  return tokenUsage({
    input_tokens: of("prompt_tokens"),
    output_tokens: of("completion_tokens"),
    total_tokens: of("total_tokens"),
    input_tokens_details: of("prompt_tokens_details"),
    output_tokens_details: of("completion_tokens_details"),
  }) ?? undefined;
}

/** Tells whether a delta has more than the role of the speaker. Servers send empty texts beside it. */
function hasOutput(delta: unknown): boolean {
  if (typeof delta !== "object" || delta === null) return false;
  return Object.entries(delta).some(([name, value]) =>
    name !== "role" && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0)
  );
}

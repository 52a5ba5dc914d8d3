/**
 * Parts of the payloads of an inference call.
 *
 * @module
 */
import type { TurnRequest } from "../../../responses/request/request.ts";
import { isObject } from "../../../text/json.ts";

/** Returns the prompt of a request as the codex client (0.171.0) describes it, with an empty input. */
export function preparedPrompt(request: TurnRequest): object {
  return {
    input: [],
    tools: request.tools ?? [],
    parallel_tool_calls: request.parallelToolCalls ?? true,
    base_instructions: { text: request.instructions ?? "" },
    output_schema: request.outputSchema ?? null,
    output_schema_strict: request.strictSchema ?? true,
    prompt_cache_ttl: null,
    cyber_access_program: null,
  };
}

/** Returns the id of an item; `undefined` if it has none. */
export function idOf(item: unknown): string | undefined {
  return isObject(item) && typeof item.id === "string" && item.id !== "" ? item.id : undefined;
}

/** Returns the ids of the calls of tools among items. */
export function callItems(items: readonly unknown[]): readonly string[] {
  return items.flatMap((item) => isObject(item) && typeof item.call_id === "string" ? [item.call_id] : []);
}

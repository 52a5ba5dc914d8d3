/**
 * The token counts of a response.
 *
 * @module
 */
import type { TokenUsage } from "./events.ts";
import { isObject } from "../../text/json.ts";

/**
 * Reads `response.usage`.
 *
 * @returns `null` if there is none, `undefined` if it cannot be read: one of the three totals is no
 *   integer, or a detail has the wrong type
 */
export function tokenUsage(usage: unknown): TokenUsage | null | undefined {
  if (usage === undefined || usage === null) return null;
  if (!isObject(usage)) return undefined;
  const { input_tokens, output_tokens, total_tokens } = usage;
  if (!isCount(input_tokens) || !isCount(output_tokens) || !isCount(total_tokens)) return undefined;
  const cached = detail(usage.input_tokens_details, "cached_tokens");
  const written = detail(usage.input_tokens_details, "cache_write_tokens");
  const reasoning = detail(usage.output_tokens_details, "reasoning_tokens");
  if (cached === undefined || written === undefined || reasoning === undefined) return undefined;
  return {
    input_tokens,
    cached_input_tokens: cached,
    cache_write_input_tokens: written,
    output_tokens,
    reasoning_output_tokens: reasoning,
    total_tokens,
  };
}

function detail(details: unknown, name: string): number | undefined {
  if (details === undefined || details === null) return 0;
  if (!isObject(details)) return undefined;
  const value = details[name] ?? 0;
  return isCount(value) ? value : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

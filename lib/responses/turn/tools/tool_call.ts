/**
 * Calls of tools by the model, and the items that answer them.
 *
 * @module
 */
import type { CustomToolCallOutputItem, FunctionCallOutputItem, ToolOutput } from "../../events/items.ts";
import { isItem } from "../../events/items.ts";

/** One call of a tool. */
export interface ToolCall {
  /** `function` has JSON as its input, `custom` free text. */
  readonly kind: "function" | "custom";
  /** Name of the tool. */
  readonly name: string;
  /** The id of the call, which its output repeats. */
  readonly callId: string;
  /** The arguments as JSON text, or the free text. Written by a model: check it before use. */
  readonly input: string;
}

/**
 * Runs a tool. A thrown error becomes an output that reports the error to the model.
 *
 * @param call what the model asks for
 * @param signal aborted when the turn ends before the tool does
 * @returns the output: text, or parts of content
 */
export type ToolFunction = (call: ToolCall, signal: AbortSignal) => ToolOutput | Promise<ToolOutput>;

/** Returns the call that an item of a response is; `undefined` for every other item. */
export function toolCallOf(item: unknown): ToolCall | undefined {
  if (!isItem(item) || typeof item.name !== "string" || typeof item.call_id !== "string") return undefined;
  const { name, call_id: callId } = item;
  if (item.type === "function_call" && typeof item.arguments === "string") {
    return { kind: "function", name, callId, input: item.arguments };
  }
  if (item.type === "custom_tool_call" && typeof item.input === "string") {
    return { kind: "custom", name, callId, input: item.input };
  }
  return undefined;
}

/** An item that answers a call. */
export type ToolOutputItem = FunctionCallOutputItem | CustomToolCallOutputItem;

/** Returns the item that answers a call. */
export function toolOutputItem({ kind, callId }: ToolCall, output: ToolOutput): ToolOutputItem {
  const type = kind === "function" ? "function_call_output" : "custom_tool_call_output";
  return { type, call_id: callId, output };
}

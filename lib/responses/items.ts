/**
 * Items: what a conversation is made of, in a request's `input` and in a response's `output`. Field names and
 * `type` values are those of the Responses API and of the codex client (0.169.0), which adds some of its own.
 *
 * @module
 */
import type { JsonObject } from "./events.ts";

/** Text that a person or a program put in. */
export interface InputText {
  readonly type: "input_text";
  readonly text: string;
}

/** An image, as a `data:` or `https:` URL. */
export interface InputImage {
  readonly type: "input_image";
  readonly image_url: string;
  readonly detail?: "auto" | "low" | "high" | "original";
}

/** Sound, as a `data:` or `https:` URL. */
export interface InputAudio {
  readonly type: "input_audio";
  readonly audio_url: string;
}

/** Text that a model wrote. */
export interface OutputText {
  readonly type: "output_text";
  readonly text: string;
}

/** Content that only the server can read. */
export interface EncryptedContent {
  readonly type: "encrypted_content";
  readonly encrypted_content: string;
}

/** What every item may carry. */
interface ItemBase {
  readonly id?: string;
  /** Travels to OpenAI only; see {@link "./outgoing_items.ts"}. */
  readonly internal_chat_message_metadata_passthrough?: { readonly turn_id?: string };
}

/** One message of a conversation. */
export interface MessageItem extends ItemBase {
  readonly type: "message";
  readonly role: string;
  readonly content: readonly (InputText | InputImage | InputAudio | OutputText)[];
  readonly phase?: "commentary" | "final_answer";
}

/** A message between agents. */
export interface AgentMessageItem extends ItemBase {
  readonly type: "agent_message";
  readonly author: string;
  readonly recipient: string;
  readonly content: readonly (InputText | EncryptedContent)[];
}

/** What the model thought. */
export interface ReasoningItem extends ItemBase {
  readonly type: "reasoning";
  readonly summary: readonly { readonly type: "summary_text"; readonly text: string }[];
  readonly content?: readonly { readonly type: "reasoning_text" | "text"; readonly text: string }[] | null;
  readonly encrypted_content?: string | null;
}

/** The model wants a command run on this machine. */
export interface LocalShellCallItem extends ItemBase {
  readonly type: "local_shell_call";
  readonly call_id: string | null;
  readonly status: "completed" | "in_progress" | "incomplete";
  readonly action: JsonObject;
}

/** The model calls a function. */
export interface FunctionCallItem extends ItemBase {
  readonly type: "function_call";
  readonly name: string;
  readonly namespace?: string;
  /** JSON, as text. */
  readonly arguments: string;
  readonly encrypted_function_args?: string;
  readonly call_id: string;
}

/** What a tool returned: text, or parts. */
export type ToolOutput = string | readonly (InputText | InputImage | InputAudio | EncryptedContent)[];

/** What a function returned. */
export interface FunctionCallOutputItem extends ItemBase {
  readonly type: "function_call_output";
  readonly call_id: string;
  readonly output: ToolOutput;
}

/** The model calls a tool whose input is free text. */
export interface CustomToolCallItem extends ItemBase {
  readonly type: "custom_tool_call";
  readonly status?: string;
  readonly call_id: string;
  readonly name: string;
  readonly namespace?: string;
  readonly input: string;
}

/** What such a tool returned. */
export interface CustomToolCallOutputItem extends ItemBase {
  readonly type: "custom_tool_call_output";
  readonly call_id: string;
  readonly name?: string;
  readonly output: ToolOutput;
}

/** The model looks for a tool. */
export interface ToolSearchCallItem extends ItemBase {
  readonly type: "tool_search_call";
  readonly call_id: string | null;
  readonly status?: string;
  readonly execution: string;
  readonly arguments: unknown;
}

/** What was found. */
export interface ToolSearchOutputItem extends ItemBase {
  readonly type: "tool_search_output";
  readonly call_id: string | null;
  readonly status: string;
  readonly execution: string;
  readonly tools: readonly JsonObject[];
}

/** The server searched the web. */
export interface WebSearchCallItem extends ItemBase {
  readonly type: "web_search_call";
  readonly status?: string;
  readonly action?: JsonObject;
}

/** The server made an image. */
export interface ImageGenerationCallItem extends ItemBase {
  readonly type: "image_generation_call";
  readonly status: string;
  readonly revised_prompt?: string;
  /** Base64. */
  readonly result: string;
}

/** A conversation cut short by the server, in a form that only it can read. */
export interface CompactionItem extends ItemBase {
  readonly type: "compaction" | "compaction_summary";
  readonly encrypted_content: string;
}

/** As {@link CompactionItem}, of the running context. */
export interface ContextCompactionItem extends ItemBase {
  readonly type: "context_compaction";
  readonly encrypted_content?: string;
}

/** Asks for a compaction. In requests only. */
export interface CompactionTriggerItem {
  readonly type: "compaction_trigger";
}

/** Tools that stand in the input instead of in `tools`. In requests only. */
export interface AdditionalToolsItem {
  readonly type: "additional_tools";
  readonly id?: string;
  readonly role: string;
  readonly tools: readonly JsonObject[];
}

/** Every item known here. */
export type KnownItem =
  | MessageItem
  | AgentMessageItem
  | ReasoningItem
  | LocalShellCallItem
  | FunctionCallItem
  | FunctionCallOutputItem
  | CustomToolCallItem
  | CustomToolCallOutputItem
  | ToolSearchCallItem
  | ToolSearchOutputItem
  | WebSearchCallItem
  | ImageGenerationCallItem
  | CompactionItem
  | ContextCompactionItem
  | CompactionTriggerItem
  | AdditionalToolsItem;

/** An item of a request or a response. One of an unknown type is kept as it came. */
export type ResponseItem = KnownItem | (JsonObject & { readonly type: string });

/** One message of the user, of text alone. */
export function userMessage(text: string): MessageItem {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}

/** Whether a value is an object and not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value can stand as an item: an object that names its type. */
export function isItem(value: unknown): value is JsonObject & { readonly type: string } {
  return isObject(value) && typeof value.type === "string";
}

/** Whether an item is a message, with its content as a list. */
export function isMessage(item: unknown): item is MessageItem {
  return isItem(item) && item.type === "message" && typeof item.role === "string" &&
    Array.isArray(item.content);
}

/** Whether an item is a call of a function. */
export function isFunctionCall(item: unknown): item is FunctionCallItem {
  return isItem(item) && item.type === "function_call" && typeof item.name === "string" &&
    typeof item.arguments === "string" && typeof item.call_id === "string";
}

/** The text that the model wrote in a message; empty for every other item. */
export function outputText(item: unknown): string {
  if (!isMessage(item)) return "";
  let text = "";
  for (const part of item.content) {
    if (part.type === "output_text" && typeof part.text === "string") text += part.text;
  }
  return text;
}

/**
 * Items: the elements of a request's `input` and of a response's `output`. Field names and `type` values are those of
 * the Responses API and of the codex client (0.171.0), which adds some fields.
 *
 * @module
 */
import { isObject } from "../../text/json.ts";
import type { JsonObject } from "./events.ts";

/** Text from the user or a program. */
export interface InputText {
  /** The discriminant of the union. */
  readonly type: "input_text";
  /** The text. */
  readonly text: string;
}

/** An image, as a `data:` or `https:` URL. */
export interface InputImage {
  /** The discriminant of the union. */
  readonly type: "input_image";
  /** The URL of the image. */
  readonly image_url: string;
  /** Resolution of the image for the model. Default: the server decides. */
  readonly detail?: "auto" | "low" | "high" | "original";
}

/** A file. Exactly one of `file_id`, `file_url` and `file_data` is set. */
export interface InputFile {
  /** The discriminant of the union. */
  readonly type: "input_file";
  /** The id of an uploaded file. */
  readonly file_id?: string;
  /** An `https:` URL. */
  readonly file_url?: string;
  /** The content as a `data:` URL. */
  readonly file_data?: string;
  /** The name of the file, together with `file_data`. */
  readonly filename?: string;
}

/** Audio, as a `data:` or `https:` URL. */
export interface InputAudio {
  /** The discriminant of the union. */
  readonly type: "input_audio";
  /** The URL of the audio. */
  readonly audio_url: string;
}

/** Text of the model. */
export interface OutputText {
  /** The discriminant of the union. */
  readonly type: "output_text";
  /** The text. */
  readonly text: string;
}

/** Content that only the server can read. */
export interface EncryptedContent {
  /** The discriminant of the union. */
  readonly type: "encrypted_content";
  /** Sent back unchanged. */
  readonly encrypted_content: string;
}

/** The optional fields of all items. */
export interface ItemBase {
  /** The id that the server assigned. */
  readonly id?: string;
  /** Sent only to OpenAI, never to another server. */
  readonly internal_chat_message_metadata_passthrough?: { readonly turn_id?: string };
}

/** One message of a conversation. */
export interface MessageItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "message";
  /** `user`, `assistant`, `developer` or `system`. */
  readonly role: string;
  /** The parts of the message, in order. */
  readonly content: readonly (InputText | InputImage | InputFile | InputAudio | OutputText)[];
  /** Whether the message is a comment before the answer, or the answer; absent if the model does not state it. */
  readonly phase?: "commentary" | "final_answer";
}

/** A message between agents. */
export interface AgentMessageItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "agent_message";
  /** The agent that wrote the message. */
  readonly author: string;
  /** The agent that receives the message. */
  readonly recipient: string;
  /** The parts of the message, in order. */
  readonly content: readonly (InputText | EncryptedContent)[];
}

/** The reasoning of the model. */
export interface ReasoningItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "reasoning";
  /** A summary that may be shown to users. */
  readonly summary: readonly { readonly type: "summary_text"; readonly text: string }[];
  /** The text of the reasoning, if the server sends it. */
  readonly content?: readonly { readonly type: "reasoning_text" | "text"; readonly text: string }[] | null;
  /** The reasoning in a form that only the server can read; sent back unchanged. */
  readonly encrypted_content?: string | null;
}

/** The model requests that a command is run on this machine. */
export interface LocalShellCallItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "local_shell_call";
  /** The id that the output item repeats. */
  readonly call_id: string | null;
  /** The progress of the call. */
  readonly status: "completed" | "in_progress" | "incomplete";
  /** The command, in the format of the API. */
  readonly action: JsonObject;
}

/** The model calls a function. */
export interface FunctionCallItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "function_call";
  /** The name of the function. */
  readonly name: string;
  /** The group of tools that contains it. */
  readonly namespace?: string;
  /** The arguments, as JSON text. */
  readonly arguments: string;
  /** Arguments that only the server can read. */
  readonly encrypted_function_args?: string;
  /** The id that the output item repeats. */
  readonly call_id: string;
}

/** The output of a tool: text or parts. */
export type ToolOutput = string | readonly (InputText | InputImage | InputAudio | EncryptedContent)[];

/** The output of a function. */
export interface FunctionCallOutputItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "function_call_output";
  /** The id of the call. */
  readonly call_id: string;
  /** The output of the call. */
  readonly output: ToolOutput;
}

/** The model calls a tool whose input is free text. */
export interface CustomToolCallItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "custom_tool_call";
  /** The progress of the call. */
  readonly status?: string;
  /** The id that the output item repeats. */
  readonly call_id: string;
  /** The name of the tool. */
  readonly name: string;
  /** The group of tools that contains it. */
  readonly namespace?: string;
  /** The input, free text. */
  readonly input: string;
}

/** The output of a tool whose input is free text. */
export interface CustomToolCallOutputItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "custom_tool_call_output";
  /** The id of the call. */
  readonly call_id: string;
  /** The name of the tool. */
  readonly name?: string;
  /** The output of the call. */
  readonly output: ToolOutput;
}

/** The model searches for a tool. */
export interface ToolSearchCallItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "tool_search_call";
  /** The id that the output item repeats; null if the server searches. */
  readonly call_id: string | null;
  /** The progress of the call. */
  readonly status?: string;
  /** The side that searches: `client` or `server`. */
  readonly execution: string;
  /** The query, in the format of the API. */
  readonly arguments: unknown;
}

/** The result of a search for a tool. */
export interface ToolSearchOutputItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "tool_search_output";
  /** The id of the search. */
  readonly call_id: string | null;
  /** The progress of the call. */
  readonly status: string;
  /** The side that searched: `client` or `server`. */
  readonly execution: string;
  /** The found tools, in the format of the API. */
  readonly tools: readonly JsonObject[];
}

/** The server searched the web. */
export interface WebSearchCallItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "web_search_call";
  /** The progress of the call. */
  readonly status?: string;
  /** The search or the opened page, in the format of the API. */
  readonly action?: JsonObject;
}

/** The server generated an image. */
export interface ImageGenerationCallItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "image_generation_call";
  /** The progress of the call. */
  readonly status: string;
  /** The prompt that the server used. */
  readonly revised_prompt?: string;
  /** The content of the image, in base64. */
  readonly result: string;
}

/** A conversation that the server compacted, in a form that only the server can read. */
export interface CompactionItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "compaction" | "compaction_summary";
  /** Sent back unchanged. */
  readonly encrypted_content: string;
}

/** Like {@link CompactionItem}, for the context of the running turn. */
export interface ContextCompactionItem extends ItemBase {
  /** The discriminant of the union. */
  readonly type: "context_compaction";
  /** Sent back unchanged. */
  readonly encrypted_content?: string;
}

/** Requests a compaction. Only in requests. */
export interface CompactionTriggerItem {
  /** The discriminant of the union. */
  readonly type: "compaction_trigger";
}

/** Tools in the input instead of in `tools`. Only in requests. */
export interface AdditionalToolsItem {
  /** The discriminant of the union. */
  readonly type: "additional_tools";
  /** The id of the item. */
  readonly id?: string;
  /** The role that adds the tools: `developer`. */
  readonly role: string;
  /** The tools, in the format of the API. */
  readonly tools: readonly JsonObject[];
}

/** All items that culvert knows. */
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

/** An item of a request or a response. An item of an unknown type is kept unchanged. */
export type ResponseItem = KnownItem | (JsonObject & { readonly type: string });

/** Returns a message of the user that contains only text. */
export function userMessage(text: string): MessageItem {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}

/** Returns whether a value is an item: an object with a `type`. */
export function isItem(value: unknown): value is JsonObject & { readonly type: string } {
  return isObject(value) && typeof value.type === "string";
}

/** Returns whether an item is a message whose content is a list. */
export function isMessage(item: unknown): item is MessageItem {
  return isItem(item) && item.type === "message" && typeof item.role === "string" &&
    Array.isArray(item.content);
}

/** Returns whether an item is a call of a function. */
export function isFunctionCall(item: unknown): item is FunctionCallItem {
  return isItem(item) && item.type === "function_call" && typeof item.name === "string" &&
    typeof item.arguments === "string" && typeof item.call_id === "string";
}

/** Returns the text of the model in a message; an empty text for other items. */
export function outputText(item: unknown): string {
  if (!isMessage(item)) return "";
  let text = "";
  for (const part of item.content) {
    if (part.type === "output_text" && typeof part.text === "string") text += part.text;
  }
  return text;
}

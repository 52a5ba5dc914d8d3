/**
 * Items: the elements of a request's `input` and of a response's `output`. Field names and `type` values are those of
 * the Responses API and of the codex client (0.171.0), which adds some of its own.
 *
 * @module
 */
import type { JsonObject } from "./events.ts";

/** Text that a person or a program put in. */
export interface InputText {
  /** Discriminates. */
  readonly type: "input_text";
  /** The text. */
  readonly text: string;
}

/** An image, as a `data:` or `https:` URL. */
export interface InputImage {
  /** Discriminates. */
  readonly type: "input_image";
  /** `data:` or `https:`. */
  readonly image_url: string;
  /** Resolution at which the model sees the image. Default: the server decides. */
  readonly detail?: "auto" | "low" | "high" | "original";
}

/** A file. Exactly one of the three says where its content is. */
export interface InputFile {
  /** Discriminates. */
  readonly type: "input_file";
  /** The id of an uploaded file. */
  readonly file_id?: string;
  /** An `https:` URL. */
  readonly file_url?: string;
  /** The content as a `data:` URL. */
  readonly file_data?: string;
  /** Its name, beside `file_data`. */
  readonly filename?: string;
}

/** Sound, as a `data:` or `https:` URL. */
export interface InputAudio {
  /** Discriminates. */
  readonly type: "input_audio";
  /** `data:` or `https:`. */
  readonly audio_url: string;
}

/** Text that a model wrote. */
export interface OutputText {
  /** Discriminates. */
  readonly type: "output_text";
  /** The text. */
  readonly text: string;
}

/** Content that only the server can read. */
export interface EncryptedContent {
  /** Discriminates. */
  readonly type: "encrypted_content";
  /** Sent back unchanged. */
  readonly encrypted_content: string;
}

/** What every item may carry. */
export interface ItemBase {
  /** Given by the server. */
  readonly id?: string;
  /** Travels to OpenAI only: no other server gets to see it. */
  readonly internal_chat_message_metadata_passthrough?: { readonly turn_id?: string };
}

/** One message of a conversation. */
export interface MessageItem extends ItemBase {
  /** Discriminates. */
  readonly type: "message";
  /** `user`, `assistant`, `developer` or `system`. */
  readonly role: string;
  /** Its parts, in order. */
  readonly content: readonly (InputText | InputImage | InputFile | InputAudio | OutputText)[];
  /** Whether the model talks on the way or gives its answer, where it says so. */
  readonly phase?: "commentary" | "final_answer";
}

/** A message between agents. */
export interface AgentMessageItem extends ItemBase {
  /** Discriminates. */
  readonly type: "agent_message";
  /** Who wrote it. */
  readonly author: string;
  /** Whom it is for. */
  readonly recipient: string;
  /** Its parts, in order. */
  readonly content: readonly (InputText | EncryptedContent)[];
}

/** What the model thought. */
export interface ReasoningItem extends ItemBase {
  /** Discriminates. */
  readonly type: "reasoning";
  /** What may be shown. */
  readonly summary: readonly { readonly type: "summary_text"; readonly text: string }[];
  /** The reasoning itself, where the server shows it. */
  readonly content?: readonly { readonly type: "reasoning_text" | "text"; readonly text: string }[] | null;
  /** The reasoning in a form that only the server can read; sent back unchanged. */
  readonly encrypted_content?: string | null;
}

/** The model wants a command run on this machine. */
export interface LocalShellCallItem extends ItemBase {
  /** Discriminates. */
  readonly type: "local_shell_call";
  /** By which the output refers to it. */
  readonly call_id: string | null;
  /** How far it is. */
  readonly status: "completed" | "in_progress" | "incomplete";
  /** The command, as the API describes it. */
  readonly action: JsonObject;
}

/** The model calls a function. */
export interface FunctionCallItem extends ItemBase {
  /** Discriminates. */
  readonly type: "function_call";
  /** The function. */
  readonly name: string;
  /** The group of tools it belongs to. */
  readonly namespace?: string;
  /** JSON, as text. */
  readonly arguments: string;
  /** Arguments that only the server can read. */
  readonly encrypted_function_args?: string;
  /** By which the output refers to it. */
  readonly call_id: string;
}

/** What a tool returned: text, or parts. */
export type ToolOutput = string | readonly (InputText | InputImage | InputAudio | EncryptedContent)[];

/** What a function returned. */
export interface FunctionCallOutputItem extends ItemBase {
  /** Discriminates. */
  readonly type: "function_call_output";
  /** The call that it answers. */
  readonly call_id: string;
  /** What came of it. */
  readonly output: ToolOutput;
}

/** The model calls a tool whose input is free text. */
export interface CustomToolCallItem extends ItemBase {
  /** Discriminates. */
  readonly type: "custom_tool_call";
  /** How far it is. */
  readonly status?: string;
  /** By which the output refers to it. */
  readonly call_id: string;
  /** The tool. */
  readonly name: string;
  /** The group of tools it belongs to. */
  readonly namespace?: string;
  /** Free text. */
  readonly input: string;
}

/** What such a tool returned. */
export interface CustomToolCallOutputItem extends ItemBase {
  /** Discriminates. */
  readonly type: "custom_tool_call_output";
  /** The call that it answers. */
  readonly call_id: string;
  /** The tool. */
  readonly name?: string;
  /** What came of it. */
  readonly output: ToolOutput;
}

/** A search of the model for a tool. */
export interface ToolSearchCallItem extends ItemBase {
  /** Discriminates. */
  readonly type: "tool_search_call";
  /** By which the output refers to it; null where the server searches. */
  readonly call_id: string | null;
  /** How far it is. */
  readonly status?: string;
  /** Who searches: `client` or `server`. */
  readonly execution: string;
  /** The query, as the API describes it. */
  readonly arguments: unknown;
}

/** What was found. */
export interface ToolSearchOutputItem extends ItemBase {
  /** Discriminates. */
  readonly type: "tool_search_output";
  /** The search that it answers. */
  readonly call_id: string | null;
  /** How far it is. */
  readonly status: string;
  /** Who searched: `client` or `server`. */
  readonly execution: string;
  /** The tools found, as the API takes them. */
  readonly tools: readonly JsonObject[];
}

/** The server searched the web. */
export interface WebSearchCallItem extends ItemBase {
  /** Discriminates. */
  readonly type: "web_search_call";
  /** How far it is. */
  readonly status?: string;
  /** What was searched or opened, as the API describes it. */
  readonly action?: JsonObject;
}

/** The server made an image. */
export interface ImageGenerationCallItem extends ItemBase {
  /** Discriminates. */
  readonly type: "image_generation_call";
  /** How far it is. */
  readonly status: string;
  /** The prompt that was really used. */
  readonly revised_prompt?: string;
  /** Base64. */
  readonly result: string;
}

/** A conversation cut short by the server, in a form that only it can read. */
export interface CompactionItem extends ItemBase {
  /** Discriminates. */
  readonly type: "compaction" | "compaction_summary";
  /** Sent back unchanged. */
  readonly encrypted_content: string;
}

/** As {@link CompactionItem}, of the running context. */
export interface ContextCompactionItem extends ItemBase {
  /** Discriminates. */
  readonly type: "context_compaction";
  /** Sent back unchanged. */
  readonly encrypted_content?: string;
}

/** Asks for a compaction. In requests only. */
export interface CompactionTriggerItem {
  /** Discriminates. */
  readonly type: "compaction_trigger";
}

/** Tools in the input instead of in `tools`. In requests only. */
export interface AdditionalToolsItem {
  /** Discriminates. */
  readonly type: "additional_tools";
  /** Of the item. */
  readonly id?: string;
  /** Who brings them: `developer`. */
  readonly role: string;
  /** As the API takes them. */
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

/** An item of a request or a response. An item of an unknown type is kept unchanged. */
export type ResponseItem = KnownItem | (JsonObject & { readonly type: string });

/** One message of the user, of text alone. */
export function userMessage(text: string): MessageItem {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}

/** Whether a value is an object and not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is an item: an object with a `type`. */
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

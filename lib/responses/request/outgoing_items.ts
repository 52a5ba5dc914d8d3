/**
 * Prepares items for a request. The caller's items are never changed; a copy is sent.
 *
 * @module
 */
import type { ResponseItem } from "../events/items.ts";
import { isObject } from "../../text/json.ts";

type Fields = Record<string, unknown>;

/** Options of the preparation. */
export interface OutgoingOptions {
  /**
   * Whether the provider's name is exactly `OpenAI`. The two private fields are not sent to other providers.
   */
  readonly openAi: boolean;
  /** Whether the model is of the lite kind, which does not accept `detail` on images. */
  readonly lite: boolean;
}

/**
 * Copies items for a request as the codex client does (0.171.0): an id that is not `<prefix>_<suffix>` is
 * omitted, fields that only OpenAI knows are sent only to OpenAI, and a reasoning item gets the form that the
 * API accepts as input.
 *
 * @param the caller's items
 */
export function outgoingItems(
  items: readonly ResponseItem[],
  options: OutgoingOptions,
): readonly Readonly<Fields>[] {
  return items.map((item) => outgoingItem(item, options));
}

function outgoingItem(item: ResponseItem, options: OutgoingOptions): Fields {
  const copy: Fields = { ...item };
  if ("id" in copy && !isWireId(copy.id)) delete copy.id;
  if (!options.openAi) {
    delete copy.internal_chat_message_metadata_passthrough;
    if (copy.type === "function_call") delete copy.encrypted_function_args;
  }
  if (copy.type === "reasoning") shapeReasoning(copy);
  if (options.lite) {
    if (copy.type === "message") copy.content = withoutDetail(copy.content);
    else if (copy.type === "function_call_output" || copy.type === "custom_tool_call_output") {
      copy.output = withoutDetail(copy.output);
    }
  }
  return copy;
}

/**
 * Returns whether an id has the form of the server's, such as `msg_1`. A UUID without a prefix or an empty
 * text would be refused.
 */
function isWireId(id: unknown): boolean {
  if (typeof id !== "string") return false;
  const cut = id.indexOf("_");
  return cut > 0 && cut < id.length - 1;
}

function shapeReasoning(copy: Fields): void {
  copy.encrypted_content ??= null;
  const content = copy.content ?? null;
  if (!Array.isArray(content)) copy.content = content;
  else if (!content.some((part) => isObject(part) && part.type === "reasoning_text")) delete copy.content;
}

function withoutDetail(parts: unknown): unknown {
  if (!Array.isArray(parts)) return parts;
  return parts.map((part) => {
    if (!isObject(part) || part.type !== "input_image") return part;
    const { detail: _, ...rest } = part;
    return rest;
  });
}

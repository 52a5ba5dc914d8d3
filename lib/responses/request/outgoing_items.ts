/**
 * What happens to items on their way out. The caller's own are never touched; a copy is sent.
 *
 * @module
 */
import { isObject, type ResponseItem } from "../events/items.ts";

type Fields = Record<string, unknown>;

/** How items are prepared. */
export interface OutgoingOptions {
  /** Whether the provider's name is exactly `OpenAI`. Others are not sent the two private fields. */
  readonly openAi: boolean;
  /** A model of the lite kind takes no `detail` on images. */
  readonly lite: boolean;
}

/**
 * Copies items for a request as the codex client does (0.171.0): an id that is not `<prefix>_<suffix>` is
 * left out, fields that only OpenAI knows go to OpenAI only, and a reasoning item has the shape that is
 * accepted back.
 *
 * @param items as the caller holds them
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

/** `msg_1` is an id of the server; a bare UUID or an empty text is one of ours and would be refused. */
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

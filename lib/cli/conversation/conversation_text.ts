/**
 * Renders items of a conversation as text.
 *
 * @module
 */
import { isItem, type ResponseItem } from "../../responses/events/items.ts";
import { isObject } from "../../text/json.ts";

/** Returns the text of a message; an image is replaced by its name. Other items have no text. */
export function textOf(item: ResponseItem): string {
  if (item.type !== "message" || !("content" in item) || !Array.isArray(item.content)) return "";
  return item.content.map((part: unknown) => {
    if (!isObject(part)) return "";
    if (typeof part["text"] === "string") return part["text"];
    if (typeof part["refusal"] === "string") return part["refusal"];
    return part["type"] === "input_image" ? "[image] " : "";
  }).join("");
}

/** Renders an item below a heading; `undefined` for one that is not readable, such as encrypted reasoning. */
export function renderItem(item: ResponseItem): string | undefined {
  if (!isItem(item)) return undefined;
  if (item.type === "message") return `${String(item["role"])}:\n${indented(textOf(item))}`;
  const { name, output } = item;
  const input = item["arguments"] ?? item["input"];
  if (/_call$/.test(item.type) && typeof name === "string") {
    return `tool call ${name}:\n${
      indented(typeof input === "string" ? input : JSON.stringify(input ?? null))
    }`;
  }
  if (!/_call_output$/.test(item.type)) return undefined;
  return `tool output:\n${indented(typeof output === "string" ? output : JSON.stringify(output ?? null))}`;
}

function indented(text: string): string {
  return text.trimEnd().split("\n").map((line) => `  ${line}`.trimEnd()).join("\n");
}

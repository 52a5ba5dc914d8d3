/**
 * The part of an item of a request or a response that a reduced trace keeps: enough to identify it and to
 * show its beginning.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { isObject } from "../../../text/json.ts";

/** Facts about an item. */
export interface ItemFacts {
  /** Equal for items of equal content with any ids. */
  readonly key: string;
  readonly id: string | null;
  readonly kind: string;
  readonly role: string | null;
  readonly call_id: string | null;
  /** The beginning of its text. */
  readonly text: string;
  /** Length of its text, UTF-16 units. */
  readonly chars: number;
}

/** Length of the beginning that is kept, UTF-16 units. */
const BEGINNING = 400;

/** Returns the facts about an item; `undefined` for a value that is not an item. */
export function itemFacts(item: unknown): ItemFacts | undefined {
  if (!isObject(item) || typeof item.type !== "string") return undefined;
  const text = textOf(item);
  return {
    key: keyOf(item),
    id: stringOf(item.id),
    kind: item.type,
    role: stringOf(item.role) ?? (item.type.endsWith("_output") ? "tool" : null),
    call_id: stringOf(item.call_id),
    text: beginning(text),
    chars: text.length,
  };
}

/** Returns the beginning of a text. A surrogate pair is never split. */
export function beginning(text: string): string {
  if (text.length <= BEGINNING) return text;
  const cut = text.slice(0, BEGINNING);
  // A high surrogate at the end has lost its low surrogate.
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}

function stringOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/**
 * Returns the key of an item. Reasoning is identified by its encrypted content, because its readable text may
 * be absent from a request.
 */
function keyOf(item: Readonly<Record<string, unknown>>): string {
  const { type, encrypted_content: encrypted } = item;
  const content = type === "reasoning" && typeof encrypted === "string"
    ? { type, encrypted }
    : essential(item);
  return createHash("sha256").update(JSON.stringify(content)).digest("base64").slice(0, 22);
}

/** Members that differ between an item of a response and the same item in a later request. */
const INCIDENTAL: ReadonlySet<string> = new Set(["id", "status", "annotations", "logprobs", "phase"]);

function essential(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(essential);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, member]) => member !== null && !INCIDENTAL.has(name) && !name.startsWith("internal_"))
      .map(([name, member]): [string, unknown] => [name, essential(member)])
      .toSorted(([one], [other]) => one < other ? -1 : 1),
  );
}

/** Members that contain the text of an item, in the order of preference. */
const SPEAKING = [
  "text",
  "refusal",
  "content",
  "arguments",
  "input",
  "output",
  "summary",
  "action",
  "command",
  "query",
  "name",
];

/** Returns the text of an item with its line breaks. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(textOf).filter((part) => part !== "").join("\n");
  if (!isObject(value)) return "";
  for (const name of SPEAKING) {
    const text = textOf(value[name]);
    if (text === "") continue;
    const isCall = (name === "arguments" || name === "input") && typeof value.name === "string";
    return isCall ? `${value.name} ${text}` : text;
  }
  return "";
}

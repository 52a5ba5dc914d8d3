/**
 * Removes what people and models wrote from a message of an LLM API, and keeps its shape: names, types, lengths and
 * hashes that show where the same text stood before.
 *
 * @module
 */
import { parseNestedJson } from "../../text/nesting.ts";

/** Members that hold text of a prompt, an answer or a tool. */
const TEXT_MEMBERS: ReadonlySet<string> = new Set([
  "arguments",
  "content",
  "delta",
  "description",
  "encrypted_content",
  "image_url",
  "input",
  "instructions",
  "obfuscation",
  "output",
  "partial_image_b64",
  "query",
  "reasoning_text",
  "refusal",
  "result",
  "stderr",
  "stdout",
  "summary",
  "text",
  "title",
  "transcript",
  "url",
]);

/** Members of a tool definition, kept as a whole: they say what the client is and nothing about its user. */
const KEPT: ReadonlySet<string> = new Set(["parameters", "error"]);

/**
 * Returns a message without its texts. JSON is kept as JSON; any other text, and JSON that is nested too
 * deeply, is replaced as a whole.
 *
 * @param text the message
 * @param hash the hash of a text, keyed per capture
 */
export function shareText(text: string, hash: (text: string) => string): string {
  if (text === "") return text;
  let value: unknown;
  try {
    value = parseNestedJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    return text === "[DONE]" ? text : removed(text, hash);
  }
  return JSON.stringify(withoutTexts(value, false, hash));
}

function withoutTexts(value: unknown, isText: boolean, hash: (text: string) => string): unknown {
  if (typeof value === "string") return isText && value !== "" ? removed(value, hash) : value;
  if (Array.isArray(value)) return value.map((element) => withoutTexts(element, isText, hash));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      KEPT.has(name) ? member : withoutTexts(member, TEXT_MEMBERS.has(name), hash),
    ]),
  );
}

function removed(text: string, hash: (text: string) => string): string {
  return `[TEXT:${text.length}:${hash(text)}]`;
}

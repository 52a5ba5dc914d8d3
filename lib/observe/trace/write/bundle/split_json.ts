/**
 * Splits a JSON text at the parts that are separate payloads (schema 3).
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** The parts to remove from a JSON text. */
export interface SplitOptions {
  /** Name of the member at the top whose list receives items; absent: there is none. */
  readonly key: string | undefined;
  /** Number of the items. */
  readonly items: number;
  /** Longest string that is kept, bytes of JSON. */
  readonly maxBytes: number;
}

/** A JSON text in fragments: the JSON of a part belongs between each two fragments. */
export interface SplitJson {
  /** The fragments, one more than there are parts. */
  readonly fragments: readonly string[];
  readonly parts: readonly SplitPart[];
}

/** A part: the number of an item of the list, from 0, or the JSON of a long string. */
export type SplitPart = { readonly item: number } | { readonly json: string };

/**
 * Splits a JSON text.
 *
 * @returns `undefined` if the text is not JSON of an object
 */
export function splitJson(text: string, { items, key, maxBytes }: SplitOptions): SplitJson | undefined {
  const parsed = parsedObject(text);
  if (parsed === undefined) return undefined;
  // A mark that no string of the value contains.
  const mark = `part-${crypto.randomUUID()}-`;
  const parts: SplitPart[] = [];
  const marked = (part: SplitPart) => `${mark}${parts.push(part) - 1}`;
  const rest = JSON.stringify(parsed, function (name, value: unknown) {
    if (this === parsed && name === key) {
      return Array.from({ length: items }, (_, item) => marked({ item }));
    }
    if (typeof value !== "string" || value.startsWith(mark)) return value;
    if (value.length * 6 <= maxBytes) return value;
    const json = JSON.stringify(value);
    return Buffer.byteLength(json) <= maxBytes ? value : marked({ json });
  });
  return { fragments: rest.split(new RegExp(`"${mark}\\d+"`)), parts };
}

function parsedObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

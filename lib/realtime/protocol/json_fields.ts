/**
 * Reads fields of JSON that a server sent.
 *
 * @module
 */
import { isObject } from "../../text/json.ts";

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Parses a frame. Returns `undefined` for text that is not a JSON object with a string `type`; the codex
 * client ignores it.
 */
export function parseFrame(text: string): (Fields & { readonly type: string }) | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && typeof value.type === "string" ? { ...value, type: value.type } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Returns a field that is a string. */
export function textField(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" ? value : undefined;
}

/** Returns a field that is a number. */
export function numberField(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** Returns a field that is an object; an empty one for any other value. */
export function objectField(fields: Fields, name: string): Fields {
  const value = fields[name];
  return isObject(value) ? value : {};
}

/**
 * Typed netstrings, the encoding of mitmproxy's flow files: `LENGTH:PAYLOAD` and one byte for the type. Beside the
 * types of the original format, mitmproxy has `;` for text in UTF-8, which it tells from bytes (`,`).
 *
 * @module
 */
import { joinBytes } from "../../../text/join_bytes.ts";

/** A value that can be encoded. Bytes and text are two types. */
export type TnetValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array<ArrayBuffer>
  | readonly TnetValue[]
  | { readonly [name: string]: TnetValue };

/** Returns the encoding of a value. A number without a fraction is an integer. */
export function tnetstring(value: TnetValue): Uint8Array<ArrayBuffer> {
  if (value === null) return framed(new Uint8Array(), "~");
  if (value instanceof Uint8Array) return framed(value, ",");
  switch (typeof value) {
    case "boolean":
      return framed(encoded(String(value)), "!");
    case "number":
      return framed(encoded(String(value)), Number.isInteger(value) ? "#" : "^");
    case "string":
      return framed(encoded(value), ";");
    case "object":
      return isList(value)
        ? framed(joinBytes(value.map(tnetstring)), "]")
        : framed(joinBytes(Object.entries(value).flat().map(tnetstring)), "}");
  }
}

function isList(value: TnetValue): value is readonly TnetValue[] {
  return Array.isArray(value);
}

function framed(payload: Uint8Array<ArrayBuffer>, type: string): Uint8Array<ArrayBuffer> {
  return joinBytes([encoded(`${payload.length}:`), payload, encoded(type)]);
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

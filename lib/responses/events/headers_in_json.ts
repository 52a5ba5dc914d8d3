/**
 * Headers inside JSON. A websocket has no response headers, so events and error frames carry them in an object: names
 * in any letter case, each value a text or a list whose first element is one.
 *
 * @module
 */
import { isObject } from "../../text/json.ts";

/**
 * Looks up one name.
 *
 * @param headers the value of the `headers` field; anything but an object holds no headers
 * @param name lower case
 */
export function headerIn(headers: unknown, name: string): string | undefined {
  if (!isObject(headers)) return undefined;
  for (const key of Object.keys(headers)) {
    if (key.length !== name.length || key.toLowerCase() !== name) continue;
    const value = headers[key];
    const first = Array.isArray(value) ? value[0] : value;
    if (typeof first === "string") return first;
  }
  return undefined;
}

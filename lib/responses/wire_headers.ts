/**
 * Headers that travel inside JSON: a websocket has no response headers of its own, so events and error frames carry
 * them in an object, in any letter case, each value a text or a list whose first element is one.
 *
 * @module
 */
import { isObject } from "./items.ts";

/**
 * Looks up one name.
 *
 * @param headers the object as it came, or whatever stands in its place
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

/**
 * The headers of an error frame as real ones. Texts, numbers and booleans are taken; everything else, and every name
 * or value that HTTP would not allow, is left out.
 */
export function frameHeaders(headers: unknown): Headers {
  const result = new Headers();
  if (!isObject(headers)) return result;
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") continue;
    try {
      result.append(name, String(value));
    } catch (error) {
      // Not a name or value of HTTP: as the codex client does (0.169.0), the one entry is left out.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return result;
}

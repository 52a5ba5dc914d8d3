/**
 * Reads the four facts that a server sends with a refusal. They are read only from its headers: a body may
 * repeat the request, headers with these names never do.
 *
 * @module
 */
import { defined, isObject } from "../text/json.ts";
import type { ServerEvidence } from "./observer.ts";

/** Longest value that is kept, characters. Real ids have fewer than 100; a longer one is truncated. */
const MAX_LENGTH = 256;
const VISIBLE_TEXT = /^[\t\x20-\x7e]+$/;

/**
 * Reads the evidence of one reply. Never throws: a header that is missing, empty, malformed or not plain text
 * is ignored.
 *
 * @param headers of an HTTP reply, of a refused upgrade, or from a websocket frame (see {@link frameHeaders})
 */
export function serverEvidence(headers: Headers): ServerEvidence {
  return defined({
    requestId: text(headers, "x-request-id") ?? text(headers, "x-oai-request-id"),
    cfRay: text(headers, "cf-ray"),
    authError: text(headers, "x-openai-authorization-error"),
    authErrorCode: codeOfErrorJson(headers.get("x-error-json")),
  });
}

/**
 * Returns the `headers` object of a websocket error frame as headers. Strings, numbers and booleans are kept;
 * any other value, and any name or value that is invalid in an HTTP header, is ignored.
 *
 * @param value the parsed JSON value of the field
 */
export function frameHeaders(value: unknown): Headers {
  const headers = new Headers();
  if (!isObject(value)) return headers;
  for (const [name, field] of Object.entries(value)) {
    if (typeof field !== "string" && typeof field !== "number" && typeof field !== "boolean") continue;
    try {
      headers.set(name, String(field));
    } catch (error) {
      // An invalid header is ignored; the others are still read.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return headers;
}

function text(headers: Headers, name: string): string | undefined {
  const value = headers.get(name);
  if (value === null || !VISIBLE_TEXT.test(value)) return undefined;
  return value.slice(0, MAX_LENGTH);
}

/** Reads `error.code` of JSON in standard, padded base64: the only form that the API is known to send. */
function codeOfErrorJson(encoded: string | null): string | undefined {
  let document: unknown;
  try {
    const bytes = Uint8Array.fromBase64(encoded ?? "", { lastChunkHandling: "strict" });
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    // A malformed header contains no evidence and is not an error.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
  const error = isObject(document) ? document["error"] : undefined;
  const code = isObject(error) ? error["code"] : undefined;
  if (typeof code !== "string" || !VISIBLE_TEXT.test(code)) return undefined;
  return code.slice(0, MAX_LENGTH);
}

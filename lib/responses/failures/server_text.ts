/**
 * Prepares text of a server for a message: finds the explanation in a body, masks secrets and shortens it.
 *
 * @module
 */
import { isObject, jsonObject } from "../../text/json.ts";

/** Largest part of a body that is shown, bytes of UTF-8. */
const SHOWN_BYTES = 1_000;

/** The form of an OpenAI key. Some servers repeat the key that they refuse. */
const KEY = /\b(sk|sess)-[A-Za-z0-9_*-]{8,}/g;

/** Credentials that were sent, so that they can be removed from a reply that repeats them. */
export type Secrets = readonly string[];

/** Returns the error object in a body: `error` of a JSON object, or `undefined`. */
export function errorInBody(body: string): Readonly<Record<string, unknown>> | undefined {
  const error = jsonObject(body)?.error;
  return isObject(error) ? error : undefined;
}

/**
 * Returns the part of a body to show: the message of its JSON error, else that error's code or type, else the
 * truncated text, else a statement that it was empty. An error frame repeats the headers of a reply, which
 * explain nothing, so an error object without any text gives no explanation.
 */
export function shownBody(body: string, secrets: Secrets): string {
  return shownText(explanationIn(body), secrets) || "no explanation";
}

function explanationIn(body: string): string {
  const error = errorInBody(body);
  if (error === undefined) return body;
  const { message, code, type, ...rest } = error;
  const word = [message, code, type].find((value) => typeof value === "string" && value.trim() !== "");
  if (typeof word === "string") return word;
  return Object.values(rest).some((value) => value !== null) ? JSON.stringify(rest) : "";
}

/**
 * Masks the credentials that were sent in a text; values shorter than 8 characters are kept, since they could
 * occur in any text.
 */
export function withoutSecrets(text: string, secrets: Secrets): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= 8) clean = clean.replaceAll(secret, "***");
  }
  return clean;
}

/**
 * Trims a text, masks secrets, removes control characters and truncates at {@link SHOWN_BYTES} between
 * characters.
 */
export function shownText(text: string, secrets: Secrets): string {
  let clean = withoutSecrets(text, secrets);
  // Control characters of a server must not reach a terminal.
  // deno-lint-ignore no-control-regex
  clean = clean.replace(KEY, "$1-***").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, " ").trim();
  const bytes = new TextEncoder().encode(clean);
  if (bytes.length <= SHOWN_BYTES) return clean;
  let end = SHOWN_BYTES;
  // Continuation bytes begin with the bits 10: step back to the start of a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${new TextDecoder().decode(bytes.subarray(0, end))}…`;
}

/**
 * Returns the parts of an `Authorization` header and of other credential headers that must never be shown.
 */
export function secretsOf(headers: Readonly<Record<string, string>>): Secrets {
  return Object.values(headers).flatMap((value) => {
    const token = /^\S+\s+(\S+)$/.exec(value)?.[1];
    return token === undefined ? [value] : [value, token];
  });
}

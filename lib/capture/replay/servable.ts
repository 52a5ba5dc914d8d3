/**
 * Tells which parts of a recorded response can be sent: a HAR file of another program may contain any text.
 *
 * @module
 */
import type { HeaderPair } from "../record/format.ts";

/** Name of a field (RFC 9110 §5.1). */
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/;
/** Value of a field, and a reason phrase (RFC 9110 §5.5, RFC 9112 §4). */
const FIELD_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Returns the fields that can be sent. */
export function servableFields(headers: readonly HeaderPair[]): readonly HeaderPair[] {
  return headers.filter(([name, value]) => FIELD_NAME.test(name) && FIELD_TEXT.test(value));
}

/** Returns a reason phrase; an empty text if it cannot be sent. */
export function servableReason(reason: string): string {
  return FIELD_TEXT.test(reason) ? reason : "";
}

/** Whether a status is that of a final response (RFC 9110 §15). */
export function isFinalStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status <= 599;
}

/** Whether a close frame may hold a code (RFC 6455 §7.4). 1006 stands for the end of a connection without one. */
export function isSendableCode(code: number): boolean {
  return (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code) ||
    code >= 3000 && code <= 4999) &&
    Number.isInteger(code);
}

/** Shortens a reason to the 123 bytes that a close frame has for it (RFC 6455 §5.5). */
export function shortReason(reason: string): string {
  return reason.slice(0, new TextEncoder().encodeInto(reason, new Uint8Array(123)).read);
}

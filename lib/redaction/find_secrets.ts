/**
 * Finds every secret in a text.
 *
 * @module
 */
import { findEnclosedValues } from "./find/enclosed_values.ts";
import { findNamedValues } from "./find/named_values.ts";
import { unescaped } from "./find/json_escapes.ts";
import type { Secrets } from "./secrets.ts";
import type { Span } from "./span.ts";
import { findTokens } from "./find/token_shapes.ts";

/**
 * The readers of a text: the user at the terminal, or other people who receive a report or a recording.
 * E-mail addresses are kept only for the user.
 */
export type Audience = "user" | "anybody";

/**
 * Finds secrets by value, by name and by form. The work is linear in the text for a given number of secrets.
 *
 * @param text any text
 * @param secrets the known secrets
 * @param audience who will read the text
 * @returns spans in no order, which may overlap
 */
export function findSecrets(text: string, secrets: Secrets, audience: Audience): readonly Span[] {
  const spans = findWritten(text, secrets, audience);
  const plain = unescaped(text);
  return plain === undefined
    ? spans
    : [...spans, ...findWritten(plain.text, secrets, audience).map(plain.original)];
}

/** Finds secrets in a text as it is written. */
function findWritten(text: string, secrets: Secrets, audience: Audience): readonly Span[] {
  return [
    ...findKnown(text, secrets),
    ...findNamedValues(text),
    ...findEnclosedValues(text),
    ...findTokens(text, { emails: audience === "anybody" }),
  ];
}

function findKnown(text: string, secrets: Secrets): Span[] {
  const spans: Span[] = [];
  for (const form of secrets.forms) {
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
      spans.push({ from: at, start: at, end: at + form.length });
    }
  }
  return spans;
}

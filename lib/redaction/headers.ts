/**
 * Redaction of header fields.
 *
 * @module
 */
import type { Redactor } from "./redactor.ts";
import { isSecretHeader } from "./secret_names.ts";
import { MASK } from "./span.ts";

/**
 * Returns the value of a header field with secrets masked. The scheme of `Authorization` and the names and
 * attributes of cookies are kept; other secret headers are masked completely.
 *
 * @param name name of the field, in any case
 * @param value its value
 * @param redact redacts the values of all other fields
 */
export function redactHeader(name: string, value: string, redact: Redactor): string {
  if (!isSecretHeader(name)) return redact(value);
  const line = `${name}: ${value}`;
  const clean = redact(line);
  const rest = clean.startsWith(`${name}: `) ? clean.slice(name.length + 2) : MASK;
  return rest === value && value !== "" && !value.includes(MASK) ? MASK : rest;
}

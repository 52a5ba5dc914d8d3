/**
 * Redaction of values by structure.
 *
 * @module
 */
import type { DetailValue } from "../errors.ts";
import type { Redactor } from "./redactor.ts";
import { isSecretName } from "./secret_names.ts";
import { MASK } from "./span.ts";

/** The details of errors and checks. */
type Details = Readonly<Record<string, DetailValue>>;

/** Returns details with every text in them redacted, names included. */
export function redactDetails(details: Details, redact: Redactor): Details {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [redact(name), redactValue(value, redact)]),
  );
}

function redactValue(value: DetailValue, redact: Redactor): DetailValue {
  if (typeof value === "string") return redact(value);
  if (isList(value)) return value.map((entry) => redactValue(entry, redact));
  return typeof value === "object" && value !== null ? redactDetails(value, redact) : value;
}

function isList(value: DetailValue): value is readonly DetailValue[] {
  return Array.isArray(value);
}

/**
 * Returns a parsed JSON value with every text in it redacted, and with every value of a secret name masked
 * completely. The `token` of a log probability is a part of an answer and is kept.
 */
export function redactJson(value: unknown, redact: Redactor): unknown {
  return redactMember(value, redact, false);
}

function redactMember(value: unknown, redact: Redactor, isSecret: boolean): unknown {
  if (typeof value === "string") return isSecret && value !== "" ? MASK : redact(value);
  if (Array.isArray(value)) return value.map((entry) => redactMember(entry, redact, isSecret));
  if (typeof value !== "object" || value === null) return value;
  const isProbability = "logprob" in value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => {
      const hidden = isSecret || (isSecretName(name) && !(isProbability && name === "token"));
      return [redact(name), redactMember(entry, redact, hidden)];
    }),
  );
}

/**
 * Reads the reply of a collector by the deserializers of `@opentelemetry/otlp-transformer`.
 *
 * @module
 */
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import type { Signal } from "../../config/otel/telemetry_settings.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { Secrets } from "../../redaction/secrets.ts";
import { removeControls } from "../../text/control_characters.ts";

/** Longest reason that is kept, UTF-16 units. */
const MAX_REASON = 200;

/** The records that a collector rejected in a request that it accepted. */
export interface Rejection {
  /** Records. */
  readonly count: number;
  /** The collector's reason: one line, without control characters and secrets. */
  readonly message?: string;
}

/**
 * Reads the partial success of a reply.
 *
 * @param bytes the body; one that cannot be read counts as no rejection, because the request was accepted
 * @param contentType of the reply: `application/json`, or protobuf
 * @param secrets values that the collector may repeat, such as those of the request's headers
 */
export function readReply(
  bytes: Uint8Array,
  signal: Signal,
  contentType: string,
  secrets: readonly string[],
): Rejection {
  const isJson = /^application\/json\b/i.test(contentType.trim());
  try {
    const { count, message } = partialSuccess(bytes, signal, isJson);
    const rejected = Number(count ?? 0);
    if (!Number.isSafeInteger(rejected) || rejected < 0) return { count: 0 };
    if (typeof message !== "string" || message === "") return { count: rejected };
    return { count: rejected, message: shownReason(message, secrets) };
  } catch {
    return { count: 0 };
  }
}

/** Returns the reason of a collector as one line without control characters and secrets. */
export function shownReason(message: string, secrets: readonly string[]): string {
  const redact = createRedactor(new Secrets(secrets), "user");
  return redact(removeControls(message, { replacement: " " }).replace(/\s+/g, " ").trim()).slice(
    0,
    MAX_REASON,
  );
}

/**
 * Returns the fields unchecked, since the deserializers do not check them. Numbers of 64 bits are strings in
 * JSON.
 */
function partialSuccess(
  bytes: Uint8Array,
  signal: Signal,
  isJson: boolean,
): { readonly count: unknown; readonly message: unknown } {
  if (signal === "traces") {
    const { partialSuccess } = (isJson ? JsonTraceSerializer : ProtobufTraceSerializer).deserializeResponse(
      bytes,
    );
    return { count: partialSuccess?.rejectedSpans, message: partialSuccess?.errorMessage };
  }
  if (signal === "logs") {
    const { partialSuccess } = (isJson ? JsonLogsSerializer : ProtobufLogsSerializer).deserializeResponse(
      bytes,
    );
    return { count: partialSuccess?.rejectedLogRecords, message: partialSuccess?.errorMessage };
  }
  const serializer = isJson ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  const { partialSuccess } = serializer.deserializeResponse(bytes);
  return { count: partialSuccess?.rejectedDataPoints, message: partialSuccess?.errorMessage };
}

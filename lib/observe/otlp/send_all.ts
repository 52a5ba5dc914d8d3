/**
 * Sends recorded spans and log records, of a capture or an inference trace, to a collector by OTLP.
 *
 * @module
 */
import { deadline } from "../../async/deadline.ts";
import type { Destination } from "../../config/otel/telemetry_settings.ts";
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { World } from "../../world/world.ts";
import type { LogRecord, SignalRecords, SpanRecord } from "../records/records.ts";
import type { Rejection } from "./read_reply.ts";
import { type RetryLimits, sendRecords } from "./send_records.ts";

/** Records of one request. */
const BATCH_RECORDS = 512;
/** UTF-16 units of the texts of one request. Only one batch is in memory at a time. */
const BATCH_SIZE = 2 * 1024 * 1024;
/** About half a minute with the usual delays. */
const RETRIES: RetryLimits = { maxRetries: 6, maxServerDelayMs: 30_000, afterErrors: true };
/** Longest time of one request, its retries included, ms. */
const LIMIT_MS = 120_000;

/** The recorded data, which is already redacted and is read in batches. */
export interface RecordedSignals {
  readonly spans: Iterable<SpanRecord>;
  readonly logs: Iterable<LogRecord>;
}

/** Options of {@link sendAll}. */
export interface SendAllOptions extends RecordedSignals {
  /** The destinations of traces and logs. */
  readonly destinations: readonly Destination[];
  /** Attributes of the resource. */
  readonly resource: Readonly<Record<string, string>>;
  readonly dialerFor: (destination: Destination) => Promise<Pick<Dialer, "request">>;
  readonly world: World;
  readonly signal: AbortSignal;
  /** Called with the number of records sent so far. */
  readonly onProgress: (sent: number) => void;
}

/** The result of sending. */
export interface SentRecords {
  readonly spans: number;
  readonly logs: number;
  /** Records that the collector did not accept. */
  readonly dropped: number;
  /** The reason, if the collector sent one. */
  readonly reason?: string;
}

/**
 * Sends spans, then log records. A batch that the collector refuses is dropped and counted, and the next one
 * is sent.
 *
 * @throws CulvertError of the network, and `server` if the collector refuses all records
 */
export async function sendAll(options: SendAllOptions): Promise<SentRecords> {
  const { destinations, logs, onProgress, spans } = options;
  const counts = { spans: 0, logs: 0, dropped: 0 };
  let refusal: CulvertError | undefined;
  let reason: string | undefined;
  const send = async (records: SignalRecords, count: (sent: number) => void) => {
    const destination = destinations.find(({ signal }) => signal === records.signal);
    if (destination === undefined) return;
    try {
      const rejection = await sendBatch(records, destination, options);
      const rejected = Math.min(rejection.count, records.records.length);
      counts.dropped += rejected;
      count(records.records.length - rejected);
      reason = rejection.message ?? reason;
    } catch (thrown) {
      const error = asCulvertError(thrown);
      // A network failure would repeat with the next batch; a refusal may be caused by the content of this
      // one.
      if (error.code !== "server") throw error;
      refusal = error;
      counts.dropped += records.records.length;
    }
    onProgress(counts.spans + counts.logs);
  };
  for (const records of batches(spans, () => 0)) {
    await send({ signal: "traces", records }, (sent) => counts.spans += sent);
  }
  for (const records of batches(logs, ({ body }) => body?.length ?? 0)) {
    await send({ signal: "logs", records }, (sent) => counts.logs += sent);
  }
  if (refusal !== undefined && counts.spans + counts.logs === 0) throw refusal;
  reason = refusal?.message ?? reason;
  return { ...counts, ...(reason === undefined ? {} : { reason }) };
}

async function sendBatch(
  records: SignalRecords,
  destination: Destination,
  { dialerFor, resource, signal, world }: SendAllOptions,
): Promise<Rejection> {
  const dialer = await dialerFor(destination);
  using limit = deadline(LIMIT_MS, world, signal);
  const options = { destination, dialer, resource, world, signal: limit.signal, retries: RETRIES };
  try {
    return await sendRecords(records, options);
  } catch (thrown) {
    if (!limit.isExpired) throw thrown;
    throw new CulvertError(
      "header_timeout",
      `${new URL(destination.url).host} did not answer an export in time`,
      {
        hint: "Check the collector, and export again: the same records have the same ids.",
        cause: thrown,
      },
    );
  }
}

function* batches<R>(records: Iterable<R>, sizeOf: (record: R) => number): Generator<readonly R[]> {
  let batch: R[] = [];
  let size = 0;
  for (const record of records) {
    const own = sizeOf(record);
    if (batch.length >= BATCH_RECORDS || (batch.length > 0 && size + own > BATCH_SIZE)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(record);
    size += own;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Writes a capture as JSON lines in which every text is whole.
 *
 * @module
 */
import type { CaptureRecord, ExchangeRecord } from "../record/format.ts";
import type { Exchange, LoadedCapture } from "../record/read/exchanges.ts";

/** Returns the records of an exchange, in the order in which they were observed. */
export function recordsOf(exchange: Exchange): readonly ExchangeRecord[] {
  const { request, interim, response, chunks, events, open, messages, close, errors, end } = exchange;
  return [request, ...interim, response, open, ...chunks, ...events, ...messages, ...errors, close, end]
    .filter((record) => record !== undefined)
    .toSorted((one, other) => one.seq - other.seq);
}

/** Returns the lines of a capture, in the order of its records. */
export function* jsonLinesOf(capture: LoadedCapture): Generator<string> {
  const records: CaptureRecord[] = capture.exchanges.flatMap(recordsOf);
  if (capture.limit !== undefined) records.push(capture.limit);
  for (const record of records.toSorted((one, other) => one.seq - other.seq)) {
    yield `${JSON.stringify(wholeRecord(record, capture.text))}\n`;
  }
}

/** Returns a record with its texts in place of references to pieces. */
function wholeRecord(record: CaptureRecord, text: LoadedCapture["text"]): object {
  const whole: Record<string, unknown> = { ...record };
  for (const name of ["body", "request_body"] as const) {
    if (!(name in record)) continue;
    const body = Object.entries(record).find(([key]) => key === name)?.[1];
    const { parts: _parts, ...facts } = body;
    const content = text(body);
    whole[name] = { ...facts, ...(content === undefined ? {} : { text: content }) };
  }
  if ("data_parts" in record) {
    const { data_parts: _parts, ...facts } = record;
    const content = text(record);
    return { ...facts, ...(content === undefined ? {} : { data: content }) };
  }
  return whole;
}

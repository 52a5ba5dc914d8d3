/**
 * Writes a capture as JSON lines in which every text is whole.
 *
 * @module
 */
import type { CaptureRecord, ExchangeRecord, StoredBody } from "../record/format.ts";
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

/** Returns a record with its texts in place of what is stored of them. */
function wholeRecord(record: CaptureRecord, text: LoadedCapture["text"]): object {
  switch (record.kind) {
    case "http.request":
      return { ...record, ...wholeBody("body", record.body, text) };
    case "http.end":
      return {
        ...record,
        ...wholeBody("body", record.body, text),
        ...wholeBody("request_body", record.request_body, text),
      };
    case "sse.event":
    case "ws.message":
    case "http.chunk": {
      const { data: _data, data_parts: _parts, ...facts } = record;
      const content = text(record);
      return { ...facts, ...(content === undefined ? {} : { data: content }) };
    }
    default:
      return record;
  }
}

/** Only the text that the capture gives is written: what a record holds may not be redacted. */
function wholeBody(name: string, body: StoredBody | undefined, text: LoadedCapture["text"]): object {
  if (body === undefined) return {};
  const { text: _text, parts: _parts, ...facts } = body;
  const content = text(body);
  return { [name]: { ...facts, ...(content === undefined ? {} : { text: content }) } };
}

/**
 * The text of an event stream, put together from its events.
 *
 * @module
 */
import { blockText } from "../record/decode/sse_splitter.ts";
import type { SseRecord } from "../record/format.ts";
import type { Exchange, LoadedCapture } from "../record/read/exchanges.ts";
import { joinBytes } from "../../text/join_bytes.ts";

/** Returns one event as it stood in the stream; what was left out or redacted of it excepted. */
export function eventText(event: SseRecord, text: LoadedCapture["text"]): string {
  if (event.raw !== undefined) return event.raw;
  const block = blockText({
    event: event.event,
    data: text(event) ?? "",
    ...(event.event_id === undefined ? {} : { id: event.event_id }),
    ...(event.retry === undefined ? {} : { retry: event.retry }),
  });
  return event.incomplete === true ? block.trimEnd() : block;
}

/** Returns the whole stream of an exchange as UTF-8. It may be longer than a string can be. */
export function streamBytes({ events }: Exchange, text: LoadedCapture["text"]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  return joinBytes(events.map((event) => encoder.encode(eventText(event, text))));
}

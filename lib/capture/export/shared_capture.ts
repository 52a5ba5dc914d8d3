/**
 * A capture as it may be given to others: without the texts of prompts, answers and tools.
 *
 * @module
 */
import { createCaptureRedaction } from "../record/capture_redaction.ts";
import type { RedactionProfile } from "../record/format.ts";
import type { Exchange, LoadedCapture } from "../record/read/exchanges.ts";

/**
 * Returns a capture that is redacted again, by another profile than it was recorded with. Nothing can be undone: what
 * was redacted at the recording stays so.
 *
 * @param profile `none` returns the capture as it is
 */
export function redactedCapture(capture: LoadedCapture, profile: RedactionProfile): LoadedCapture {
  if (profile === "none") return capture;
  const redaction = createCaptureRedaction(profile);
  const pairs = (headers: readonly (readonly [string, string])[]) => redaction.headers(headers.flat());
  const exchanges = capture.exchanges.map((exchange): Exchange => ({
    ...exchange,
    ...(exchange.request === undefined ? {} : {
      request: {
        ...exchange.request,
        url: redaction.url(exchange.request.url),
        headers: pairs(exchange.request.headers),
      },
    }),
    ...(exchange.response === undefined
      ? {}
      : { response: { ...exchange.response, headers: pairs(exchange.response.headers) } }),
    ...(exchange.open === undefined
      ? {}
      : { open: { ...exchange.open, headers: pairs(exchange.open.headers) } }),
    // Nothing can be redacted in bytes that may be compressed.
    chunks: exchange.chunks.map(({ data: _data, data_parts: _parts, ...chunk }) => chunk),
    // The bytes of an event as they stood in the stream may hold what is redacted in its data.
    events: exchange.events.map(({ raw: _raw, ...event }) => event),
  }));
  return {
    ...capture,
    meta: { ...capture.meta, redaction: profile },
    exchanges,
    text: (holder) => {
      const text = capture.text(holder);
      return text === undefined ? undefined : redaction.text(text, undefined, false);
    },
  };
}

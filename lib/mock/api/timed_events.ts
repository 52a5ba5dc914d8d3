/**
 * An event stream with known send times, with which a client can detect whether an intermediary buffers
 * events.
 *
 * `GET …/culvert/timed-events?events=N&gap=MS` answers with N SSE events, each
 * `{"type":"culvert.timed_event", "index", "events", "gap_ms", "sent_at_ms"}`; `sent_at_ms` counts from the
 * first event by the server's clock.
 *
 * @module
 */
import { pause } from "./sse_body.ts";

/** The path of the stream below a base URL. The model list names it in its header `culvert-timed-events`. */
export const TIMED_EVENTS_PATH = "culvert/timed-events";
const MAX_EVENTS = 1000;
const MAX_GAP_MS = 10_000;

/** Answers one request for the stream. */
export function timedEvents(request: Request): Response {
  const query = new URL(request.url).searchParams;
  const events = bounded(query.get("events"), 5, MAX_EVENTS);
  const gapMs = bounded(query.get("gap"), 100, MAX_GAP_MS);
  async function* encoded(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const encoder = new TextEncoder();
    const begin = performance.now();
    for (let index = 0; index < events; index++) {
      if (index > 0) await pause(gapMs, request.signal);
      const sent_at_ms = Math.round((performance.now() - begin) * 1000) / 1000;
      const event = { type: "culvert.timed_event", index, events, gap_ms: gapMs, sent_at_ms };
      yield encoder.encode(`data: ${JSON.stringify(event)}\n\n`);
    }
  }
  return new Response(ReadableStream.from(encoded()), {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
  });
}

function bounded(text: string | null, fallback: number, max: number): number {
  const value = text === null ? NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? Math.min(Math.floor(value), max) : fallback;
}

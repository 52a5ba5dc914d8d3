/**
 * The stream with known send times that the simulated API offers.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { fail, type Finding, ok, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import { type ArrivalTimes, arrivalTimes, type TimedEvent } from "./arrival_times.ts";
import { isObject, jsonObject } from "../../text/json.ts";

/** A list of models with this header names the path of such a stream below the base URL. */
export const TIMED_EVENTS_HEADER = "culvert-timed-events";
const EVENTS = 6;
const GAP_MS = 120;

/** Reads the stream and evaluates the arrival times of its events. */
export async function requestTimedEvents(
  context: DoctorContext,
  path: string,
  signal: AbortSignal,
): Promise<Finding> {
  const { world } = context;
  const url = await context.endpoint(path);
  url.searchParams.set("events", String(EVENTS));
  url.searchParams.set("gap", String(GAP_MS));
  const dialer = await context.dialer();
  const reply = await dialer.request({
    method: "GET",
    url,
    headers: { accept: "text/event-stream" },
    signal,
    headerTimeoutMs: context.timeLeft(300),
  });
  if (reply.status !== 200 || reply.body === null) {
    await reply.body?.cancel();
    return warn(`The stream with known send times was not sent (status ${reply.status})`, {
      details: { status: reply.status },
      remediation: "A proxy on the route allows the list of models but not this stream. Try --spend.",
    });
  }
  const { SseDecoder } = await import("../../responses/transport/sse/sse_decoder.ts");
  const decoder = new SseDecoder();
  const events: TimedEvent[] = [];
  for await (const chunk of reply.body) {
    const arrivedMs = world.monotonic();
    for (const data of decoder.push(chunk)) events.push({ arrivedMs, sentMs: sentAt(data) });
  }
  return judgeTimedEvents(arrivalTimes(events), EVENTS);
}

function sentAt(data: string): number {
  const event = jsonObject(data);
  const sent = isObject(event) ? event.sent_at_ms : undefined;
  return typeof sent === "number" ? sent : 0;
}

/**
 * Evaluates a stream whose send times are known.
 *
 * @param expected number of requested events
 */
export function judgeTimedEvents(times: ArrivalTimes, expected: number): Finding {
  const sentOverMs = Math.round(times.sentOverMs);
  const arrivedOverMs = Math.round(times.arrivedOverMs);
  const details = {
    events: times.events,
    expected_events: expected,
    sent_over_ms: sentOverMs,
    arrived_over_ms: arrivedOverMs,
    bursts: times.bursts,
  };
  if (times.events < expected) {
    return fail("stream_closed", `The stream ended after ${times.events} of ${expected} events`, {
      details,
      remediation:
        "A proxy on the route cuts streams. Ask your network team for the time and size limits of " +
        "the proxy.",
    });
  }
  const sent = `events sent over ${sentOverMs} ms`;
  if (times.arrivedOverMs >= times.sentOverMs / 2) {
    return ok(`Not buffered: ${sent} arrived over ${arrivedOverMs} ms`, details);
  }
  return warn(`Buffered: ${sent} arrived within ${arrivedOverMs} ms, in ${plural(times.bursts, "burst")}`, {
    details,
    remediation: BUFFERING_REMEDY,
  });
}

/** The remedy for a buffered stream. */
export const BUFFERING_REMEDY =
  "A proxy buffers the stream: answers arrive late and in one burst, and a long silence may look like a dead " +
  "connection. Ask your network team to disable buffering of text/event-stream (nginx: proxy_buffering off; " +
  "mitmproxy: stream_large_bodies).";

/**
 * One short answer of the model, requested as in a turn, to see how its events arrive. It costs tokens.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { CulvertError } from "../../errors.ts";
import type { ResponseEvent, ResultError } from "../../responses/events/events.ts";
import { failure, type Finding, ok, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import { type ArrivalTimes, arrivalTimes, type TimedEvent } from "./arrival_times.ts";
import { BUFFERING_REMEDY } from "./timed_stream.ts";
import { isObject } from "../../text/json.ts";

/** Time limit for the answer, ms. */
export const ANSWER_LIMIT_MS = 20_000;
const PROMPT = "Count from one to thirty in words.";

/** Requests the answer and evaluates the arrival times of its events. */
export async function requestAnswer(context: DoctorContext, signal: AbortSignal): Promise<Finding> {
  const [{ Session }, connection, list] = await Promise.all([
    import("../../responses/turn/session.ts"),
    context.connection(),
    context.receivedModelList(),
  ]);
  const { settings } = connection;
  const { world } = context;
  const session = new Session({
    ...connection,
    // Only the first attempt is examined, so there are no retries.
    provider: {
      ...settings.provider,
      requestMaxRetries: 0,
      streamMaxRetries: 0,
      streamIdleTimeoutMs: ANSWER_LIMIT_MS,
    },
    transport: "sse",
  });
  const turn = session.turn({
    model: settings.model,
    instructions: "Answer in one line.",
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: PROMPT }] }],
  }, { signal });
  const events: TimedEvent[] = [];
  const begin = world.monotonic();
  let createdAtMs: number | undefined;
  let firstAtMs = world.now();
  try {
    for await (const batch of turn.batches()) {
      const arrivedMs = world.monotonic();
      for (const { event } of batch) {
        if (event.type === "culvert.result") {
          if (event.error !== null) return failure(errorOf(event.error));
        } else if (!event.type.startsWith("culvert.")) {
          if (events.length === 0) firstAtMs = world.now();
          createdAtMs ??= createdAt(event);
          events.push({ arrivedMs, sentMs: arrivedMs });
        }
      }
    }
  } finally {
    session.close();
  }
  signal.throwIfAborted();
  const theirs = Date.parse(list?.headers.get("date") ?? "");
  const offsetMs = list === undefined || Number.isNaN(theirs)
    ? 0
    : theirs - (list.sentAt + list.answeredAt) / 2;
  return judgeAnswer({
    times: arrivalTimes(events),
    waitedMs: (events[0]?.arrivedMs ?? begin) - begin,
    ...(createdAtMs === undefined ? {} : { heldBackMs: firstAtMs + offsetMs - createdAtMs }),
  });
}

function errorOf({ code, message, hint, details }: ResultError): CulvertError {
  return new CulvertError(code, message, { details, ...(hint === null ? {} : { hint }) });
}

/** Returns the time at which the server created the response, ms since 1970, in whole seconds. */
function createdAt(event: ResponseEvent): number | undefined {
  const response = "response" in event ? event.response : undefined;
  const seconds = isObject(response) ? response.created_at : undefined;
  return typeof seconds === "number" && Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}

/** The times of an answer. */
export interface AnswerTimes {
  readonly times: ArrivalTimes;
  /** Time from the request to the first event, ms. */
  readonly waitedMs: number;
  /**
   * Time from the creation of the response at the server (`created_at`, whole seconds) to the arrival of its
   * first event, with the clocks compared, ms. Absent if the server states no time.
   */
  readonly heldBackMs?: number;
}

/** Whole seconds on both clocks: a shorter delay is not a measurement, ms. */
const CLOCK_RESOLUTION_MS = 2_500;
/** Shortest silence before the first event that is reported if the server states no time, ms. */
const LONG_WAIT_MS = 1_000;

/**
 * Evaluates an answer by the time at which the server began it. The gaps between events are not used: a fast
 * model sends events within a few milliseconds of each other.
 */
export function judgeAnswer({ heldBackMs, times, waitedMs }: AnswerTimes): Finding {
  const details = {
    events: times.events,
    first_event_ms: Math.round(waitedMs),
    arrived_over_ms: Math.round(times.arrivedOverMs),
    bursts: times.bursts,
    ...(heldBackMs === undefined ? {} : { first_event_after_created_ms: Math.round(heldBackMs) }),
  };
  const arrived = `${times.events} events over ${Math.round(times.arrivedOverMs)} ms in ${
    plural(times.bursts, "burst")
  }`;
  const isHeldBack = heldBackMs === undefined
    ? waitedMs >= LONG_WAIT_MS && times.arrivedOverMs < waitedMs / 10
    : heldBackMs >= CLOCK_RESOLUTION_MS && times.arrivedOverMs < heldBackMs / 2;
  if (!isHeldBack) return ok(`An answer streams: ${arrived}`, details);
  const silence = `${(Math.max(waitedMs, heldBackMs ?? 0) / 1_000).toFixed(1)} s of silence`;
  return warn(
    heldBackMs === undefined
      ? `The answer arrived in one burst after ${silence} (${arrived}): it may have been buffered`
      : `Buffered: the answer arrived in one burst after ${silence}, although the server had begun it earlier (${arrived})`,
    { details, remediation: BUFFERING_REMEDY },
  );
}

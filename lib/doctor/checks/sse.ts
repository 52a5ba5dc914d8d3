/**
 * Do events arrive as they are sent, or does something on the way hold them back?
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { ResultError } from "../../responses/events/events.ts";
import { type Check, fail, failure, type Finding, ok, skipped, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import { type Beat, type Rhythm, rhythmOf } from "../examination/arrival_times.ts";

/** A reply with this header says where, below its base, a stream with known gaps is to be had. */
export const PULSE_HEADER = "culvert-pulse";
const EVENTS = 6;
const GAP_MS = 120;
/** Longest time that an answer of a model may take once its first event is there, ms. */
const ANSWER_MS = 20_000;

/** The check. */
export const sseCheck: Check<DoctorContext> = {
  id: "sse",
  category: "stream",
  question: "Do events arrive as they are sent, or does something on the way hold them back?",
  network: true,
  needs: ["http", "credentials"],
  overdue: {
    code: "idle_timeout",
    remediation:
      "The stream was accepted and nothing of it came: a proxy that buffers may be holding it back. " +
      "Ask for streaming to be let through for this host (text/event-stream).",
  },
  ownBudgetMs: ({ spend }) => spend ? ANSWER_MS : undefined,
  run: async (context, signal) => {
    const reply = await context.reply(signal);
    const place = reply.headers.get(PULSE_HEADER);
    if (place !== null) return await takePulse(context, place, signal);
    if (!context.spend) {
      return skipped("Not asked: only a real answer would show it, which costs tokens; --spend allows one");
    }
    const introduction = await context.introduction();
    if (introduction.kind === "withheld") return skipped(`Not asked: ${introduction.reason}`);
    if (reply.status === 401 || reply.status === 403) return skipped("Not asked: the credential is refused");
    return await takeAnswer(context, signal);
  },
};

/** Listens to the stream with known gaps. */
async function takePulse(context: DoctorContext, place: string, signal: AbortSignal): Promise<Finding> {
  const { world } = context;
  const url = await context.endpoint(place);
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
    return warn(`The stream with known gaps is not to be had (status ${reply.status})`, {
      details: { status: reply.status },
      remediation: "Something on the way lets the model list through and not this; try --spend.",
    });
  }
  const { SseDecoder } = await import("../../responses/transport/sse/sse_decoder.ts");
  const decoder = new SseDecoder();
  const beats: Beat[] = [];
  for await (const chunk of reply.body) {
    const arrivedMs = world.monotonic();
    for (const data of decoder.push(chunk)) beats.push({ arrivedMs, sentMs: sentAt(data) });
  }
  return judgePulse(rhythmOf(beats), EVENTS);
}

function sentAt(data: string): number {
  const beat: unknown = JSON.parse(data);
  const sent = typeof beat === "object" && beat !== null && "sent_at_ms" in beat
    ? beat.sent_at_ms
    : undefined;
  return typeof sent === "number" ? sent : 0;
}

/**
 * Judges the rhythm of a stream whose gaps are known.
 *
 * @param expected how many events were asked for
 */
export function judgePulse(rhythm: Rhythm, expected: number): Finding {
  const details = {
    events: rhythm.events,
    expected_events: expected,
    sent_over_ms: Math.round(rhythm.sentOverMs),
    arrived_over_ms: Math.round(rhythm.arrivedOverMs),
    bursts: rhythm.bursts,
  };
  if (rhythm.events < expected) {
    return fail("stream_closed", `The stream ended after ${rhythm.events} of ${expected} events`, {
      details,
      remediation:
        "Something on the way cuts streams short; ask who runs the proxy for its time and size limits.",
    });
  }
  const sent = `events sent over ${Math.round(rhythm.sentOverMs)} ms`;
  if (rhythm.arrivedOverMs >= rhythm.sentOverMs / 2) {
    return ok(`Not held back: ${sent} arrived over ${Math.round(rhythm.arrivedOverMs)} ms`, details);
  }
  return warn(
    `Held back: ${sent} arrived within ${Math.round(rhythm.arrivedOverMs)} ms, in ${rhythm.bursts} ` +
      `${rhythm.bursts === 1 ? "burst" : "bursts"}`,
    {
      details,
      remediation:
        "A middlebox buffers the stream: answers come late and all at once, and long silences may be " +
        "taken for a dead connection. Ask for text/event-stream to pass unbuffered (nginx: proxy_buffering off; " +
        "mitmproxy: stream_large_bodies).",
    },
  );
}

/** Asks the model for a few words, as a turn would. */
async function takeAnswer(context: DoctorContext, signal: AbortSignal): Promise<Finding> {
  const [{ Session }, { createAuthenticator }, settings, dialer] = await Promise.all([
    import("../../responses/turn/session.ts"),
    import("../../connect/create_authenticator.ts"),
    context.settings(),
    context.dialer(),
  ]);
  const { world } = context;
  const session = new Session({
    dialer,
    authenticator: createAuthenticator({ settings, dialer, world, isLookingOnly: true }),
    // The doctor wants to see the first attempt, not what retries make of it.
    provider: {
      ...settings.provider,
      requestMaxRetries: 0,
      streamMaxRetries: 0,
      streamIdleTimeoutMs: ANSWER_MS,
    },
    world,
    transport: "sse",
  });
  // The head of the answer has to come in the time of all checks; what the model then writes may take longer.
  const late = new AbortController();
  const begun = new AbortController();
  world.sleep(context.timeLeft(200), begun.signal).then(() => late.abort(), () => undefined);
  const turn = session.turn({
    model: settings.model,
    instructions: "Answer in one line.",
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: COUNT }] }],
  }, { signal: AbortSignal.any([signal, late.signal]) });
  const beats: Beat[] = [];
  const begin = world.monotonic();
  try {
    for await (const batch of turn.batches()) {
      const arrivedMs = world.monotonic();
      for (const { event } of batch) {
        if (event.type === "culvert.result") {
          if (late.signal.aborted) return silence(world.monotonic() - begin);
          if (event.error !== null) return failure(errorOf(event.error));
        } else if (!event.type.startsWith("culvert.")) {
          begun.abort();
          beats.push({ arrivedMs, sentMs: arrivedMs });
        }
      }
    }
  } finally {
    begun.abort();
    session.close();
  }
  signal.throwIfAborted();
  return judgeAnswer(rhythmOf(beats), (beats[0]?.arrivedMs ?? begin) - begin);
}

function silence(afterMs: number): Finding {
  return fail("idle_timeout", `The model was asked, and nothing came in ${(afterMs / 1_000).toFixed(1)} s`, {
    remediation:
      "A proxy may hold the stream back until it is complete. Ask for text/event-stream to pass unbuffered.",
  });
}

const COUNT = "Count from one to thirty in words.";

function errorOf({ code, message, hint, details }: ResultError): CulvertError {
  return new CulvertError(code, message, { details, ...(hint === null ? {} : { hint }) });
}

/**
 * Judges the rhythm of an answer, whose gaps nobody knows: a model that writes for a while must be heard for a while.
 *
 * @param waitedMs until the first event
 */
export function judgeAnswer(rhythm: Rhythm, waitedMs: number): Finding {
  const details = {
    events: rhythm.events,
    first_event_ms: Math.round(waitedMs),
    arrived_over_ms: Math.round(rhythm.arrivedOverMs),
    bursts: rhythm.bursts,
  };
  const heard = `${rhythm.events} events over ${
    Math.round(rhythm.arrivedOverMs)
  } ms in ${rhythm.bursts} bursts`;
  if (rhythm.bursts > 2) return ok(`An answer streams: ${heard}`, details);
  return warn(`An answer came, but all at once: ${heard}, after ${Math.round(waitedMs)} ms of silence`, {
    details,
    remediation:
      "A middlebox may be holding the stream back, or the server does not stream. Try another network.",
  });
}

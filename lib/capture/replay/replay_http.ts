/**
 * Answers an HTTP request from a recording.
 *
 * @module
 */
import { untilAborted } from "../../async/until_aborted.ts";
import { ConnectionCut } from "../../net/server/listener.ts";
import { decodedBase64 } from "../../text/decode_base64.ts";
import type { LoadedCapture } from "../record/read/exchanges.ts";
import { eventText } from "../export/stream_text.ts";
import { breaksConnection, type Fault } from "./faults.ts";
import type { Pacing } from "./pacing.ts";
import type { RecordedAnswer } from "./recorded_answer.ts";
import { isFinalStatus, servableFields, servableReason } from "./servable.ts";

/** Header fields that belong to the recorded connection or to the encoding of the recorded bytes. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What {@link replayHttp} needs. */
export interface HttpReplay {
  readonly capture: LoadedCapture;
  readonly answer: RecordedAnswer;
  readonly pacing: Pacing;
  readonly fault: Fault | undefined;
  /** Beginning of the request on the monotonic clock, ms. */
  readonly begin: number;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** Returns the recorded response, with its recorded times. */
export async function replayHttp(replay: HttpReplay): Promise<Response> {
  const { answer, pacing, fault, begin, signal } = replay;
  const { request, response, events, end } = answer.exchange;
  if (fault?.kind === "status") return faultResponse(fault);
  const asked = (request?.t_ms ?? 0) + Math.max(0, end?.timings.send ?? 0);
  const answered = Math.max(0, (response?.t_ms ?? asked) - asked);
  await pacing.until(begin, answered, signal);
  const headers = new Headers();
  for (const [name, value] of servableFields(response?.headers ?? [])) {
    if (!LEFT_OUT.has(name.toLowerCase())) headers.append(name, value);
  }
  const status = response?.status ?? 502;
  if (!isFinalStatus(status)) return unservable(status);
  const init = { status, statusText: servableReason(response?.status_text ?? ""), headers };
  if (events.length > 0 && !NO_BODY.has(status)) return new Response(streamOf(replay, answered), init);
  const ended = Math.max(answered, (end?.t_ms ?? 0) - asked);
  await pacing.until(begin, ended, signal);
  if (breaksConnection(fault) && !NO_BODY.has(status)) return new Response(cutBody(howOf(fault)), init);
  return new Response(NO_BODY.has(status) ? null : bodyOf(replay), init);
}

const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Answers in the place of a response whose recorded status is not that of a final one. */
function unservable(status: number): Response {
  const message = `The recorded status ${status} is not that of a final response, so it cannot be served`;
  return Response.json({ error: { type: "culvert_replay", code: "invalid_status", message } }, {
    status: 502,
  });
}

function bodyOf({ capture, answer }: HttpReplay): string | Uint8Array<ArrayBuffer> {
  const body = answer.exchange.end?.body;
  const text = renamed(capture.text(body) ?? "", answer);
  return (body?.encoding === "base64" ? decodedBase64(text) : undefined) ?? text;
}

/** Sends the events at their times; those that arrived together are sent together. */
function streamOf(replay: HttpReplay, answered: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { capture, answer, pacing, fault, begin, signal } = replay;
  const { events, response, end } = answer.exchange;
  const encoder = new TextEncoder();
  const cutConnection = async (reason: string) => {
    await pacing.settle(signal);
    throw new ConnectionCut(reason, howOf(fault));
  };
  return ReadableStream.from(async function* () {
    for (let at = 0; at < events.length;) {
      const first = events[at];
      if (first === undefined) return;
      let text = "";
      const time = first.t_ms;
      let cut = false;
      while (at < events.length && events[at]?.t_ms === time && !cut) {
        const event = events[at++];
        if (event === undefined) break;
        if (fault !== undefined && event.index === fault.value) {
          if (fault.kind === "invalid-json") text += `event: ${event.event}\ndata: {"type":\n\n`;
          else cut = true;
        } else text += renamed(eventText(event, capture.text), answer);
      }
      const offset = answered + Math.max(0, time - (response?.t_ms ?? time));
      if (!await pacing.until(begin, offset, signal)) return;
      if (text !== "") yield encoder.encode(text);
      if (cut && fault?.kind === "stall") await untilAborted(signal);
      if (cut) await cutConnection("A requested fault");
    }
    if (breaksConnection(fault)) await cutConnection("A requested fault");
    if (end !== undefined && end.outcome !== "ok" && !completed(events.at(-1)?.json_type)) {
      await cutConnection("The recorded connection was cut here");
    }
  }());
}

/** A client that has what it wants may close the connection; that is no broken stream. */
function completed(type: string | undefined): boolean {
  return type !== undefined && /^response\.(completed|failed|incomplete)$/.test(type);
}

function howOf(fault: Fault | undefined): ConnectionCut["how"] {
  return fault?.kind === "half-close" ? "half-close" : "reset";
}

function cutBody(how: ConnectionCut["how"]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull: (controller) => controller.error(new ConnectionCut("A requested fault", how)),
  });
}

function faultResponse({ value, retryAfter }: Fault): Response {
  const error = {
    type: value === 429 ? "rate_limit_error" : "server_error",
    code: `replayed_${value}`,
    message: "A fault requested by --fault",
  };
  return Response.json({ error }, {
    status: value,
    headers: retryAfter === undefined ? {} : { "retry-after": String(retryAfter) },
  });
}

/**
 * Gives the response another id where the same answer is served again, so that no two responses have one id and
 * `previous_response_id` stays unambiguous.
 */
export function renamed(text: string, { used, exchange }: RecordedAnswer, id = responseId(exchange)): string {
  return used <= 1 || id === undefined ? text : text.replaceAll(id, `${id}_${used}`);
}

function responseId({ end, events }: RecordedAnswer["exchange"]): string | undefined {
  return end?.tags?.["response_id"] ??
    events.find(({ tags }) => tags?.["response_id"] !== undefined)?.tags?.["response_id"];
}

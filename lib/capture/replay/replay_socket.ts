/**
 * Answers the messages of a websocket from a recording.
 *
 * @module
 */
import { decodedBase64 } from "../../text/decode_base64.ts";
import type { ServedWebSocket } from "../../net/server/served_websocket.ts";
import type { LoadedCapture } from "../record/read/exchanges.ts";
import type { SocketMessageRecord } from "../record/format.ts";
import { breaksConnection, type Fault } from "./faults.ts";
import type { Pacing } from "./pacing.ts";
import type { Match } from "./match_request.ts";
import { type RecordedAnswer } from "./recorded_answer.ts";
import { renamed } from "./replay_http.ts";
import { isSendableCode, shortReason } from "./servable.ts";

/** What {@link replaySocket} needs. */
export interface SocketReplay {
  readonly capture: LoadedCapture;
  readonly socket: ServedWebSocket;
  readonly pacing: Pacing;
  readonly monotonic: () => number;
  /** Sent before the client's first message. */
  readonly greetings: readonly SocketMessageRecord[];
  /** Finds the answer to a message, and counts it. */
  readonly find: (text: string) => Match;
  /** Returns the fault that hits the next model call, whose answer has so many messages. */
  readonly fault: (messages: number) => Fault | undefined;
  /** The message that tells the client that nothing was recorded for its own. */
  readonly missMessage: (match: Match) => string;
  /** Aborted when the replay ends. */
  readonly signal: AbortSignal;
}

/** Serves one websocket until its client leaves. */
export async function replaySocket(replay: SocketReplay): Promise<void> {
  const { socket, signal, monotonic, greetings } = replay;
  const [first] = greetings;
  if (first !== undefined && !await sendAll(replay, greetings, monotonic(), first.t_ms, undefined)) return;
  for await (const text of socket.messages) {
    if (signal.aborted) return;
    const match = replay.find(text);
    if (match.kind === "missed") {
      await socket.send(replay.missMessage(match));
      continue;
    }
    const { answer } = match;
    const isCall = /^\s*\{\s*"type"\s*:\s*"response\.create"/.test(text);
    if (
      !await sendAll(
        replay,
        answer.replies ?? [],
        monotonic(),
        answer.sentMs ?? 0,
        answer,
        isCall ? replay.fault(answer.replies?.length ?? 0) : undefined,
      )
    ) return;
    const { close } = answer.exchange;
    const isLast = answer.exchange.messages.findLast(({ opcode }) => opcode <= 2) === answer.replies?.at(-1);
    if (isLast && close?.by === "server") {
      if (close.code === 1005) socket.close(1000, shortReason(close.reason));
      else if (isSendableCode(close.code)) socket.close(close.code, shortReason(close.reason));
      else socket.drop();
      return;
    }
  }
}

/** Sends messages at their recorded times. Returns whether the websocket goes on. */
async function sendAll(
  replay: SocketReplay,
  messages: readonly SocketMessageRecord[],
  begin: number,
  recordedBegin: number,
  answer: RecordedAnswer | undefined,
  fault?: Fault,
): Promise<boolean> {
  const { socket, capture, pacing, signal } = replay;
  if (fault?.kind === "status") {
    const error = {
      type: "rate_limit_error",
      code: `replayed_${fault.value}`,
      message: "A fault requested by --fault",
    };
    const headers = fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) };
    return await socket.send(JSON.stringify({ type: "error", status: fault.value, error, headers }));
  }
  for (const [index, message] of messages.entries()) {
    if (!await pacing.until(begin, message.t_ms - recordedBegin, signal)) return false;
    if (fault !== undefined && index === fault.value) {
      if (breaksConnection(fault)) {
        socket.drop();
        return false;
      }
      if (fault.kind === "stall") return true;
      if (!await socket.send('{"type":')) return false;
      continue;
    }
    const text = capture.text(message) ?? "";
    const id = message.response_id;
    const data = answer === undefined ? text : renamed(text, answer, id);
    const bytes = message.opcode === 2 ? decodedBase64(data) : undefined;
    if (!await socket.send(bytes ?? data)) return false;
  }
  return true;
}

/**
 * What a capture can answer: recorded requests with the responses they had.
 *
 * @module
 */
import { parsed } from "../record/decode/event_facts.ts";
import { type Exchange, type LoadedCapture, requestBody } from "../record/read/exchanges.ts";
import type { SocketMessageRecord } from "../record/format.ts";

/** A recorded request and its response. */
export interface RecordedAnswer {
  /** `x3`, or `x3.2` for the third message of a websocket. */
  readonly name: string;
  readonly exchange: Exchange;
  readonly method: string;
  /** The path without the base of the API. */
  readonly path: string;
  readonly query: string;
  /** The request's text. */
  readonly text: () => string | undefined;
  /** The request as JSON; `undefined` where it is none. */
  readonly json: () => unknown;
  /** On a websocket: the messages up to the client's next. */
  readonly replies?: readonly SocketMessageRecord[];
  /** On a websocket: when the request was sent, ms since the start of the capture. */
  readonly sentMs?: number;
  /** How often it was served. */
  used: number;
}

/** Bases under which the same API is reached, directly and through a relay. */
const BASES = /^\/(?:backend-api\/codex|backend-api|api\/codex|openai\/v1|v1)(?=\/|$)/;

/** Returns a path without the base of the API, so that a client may use another base than the recorded one. */
export function plainPath(path: string): string {
  return path.replace(BASES, "").replace(/(?<=.)\/$/, "") || "/";
}

/** The answers of a capture. */
export interface RecordedAnswers {
  readonly http: readonly RecordedAnswer[];
  /** Messages of websockets. */
  readonly messages: readonly RecordedAnswer[];
  /** Websockets that were opened or refused. */
  readonly sockets: readonly RecordedAnswer[];
}

/** Collects the answers of a capture, in the order in which their requests were made. */
export function recordedAnswers(capture: LoadedCapture): RecordedAnswers {
  const http: RecordedAnswer[] = [];
  const messages: RecordedAnswer[] = [];
  const sockets: RecordedAnswer[] = [];
  for (const exchange of capture.exchanges) {
    const { request, response, open } = exchange;
    if (request === undefined) continue;
    const url = URL.parse(request.url);
    const answer = {
      name: exchange.id,
      exchange,
      method: request.method,
      path: plainPath(url?.pathname ?? request.url),
      query: url?.search ?? "",
      ...texts(() => capture.text(requestBody(exchange))),
      used: 0,
    };
    const isUpgrade = request.headers.some(([name, value]) =>
      name.toLowerCase() === "upgrade" && /websocket/i.test(value)
    );
    if (open !== undefined) {
      sockets.push(answer);
      messages.push(...socketAnswers(answer, capture));
    } else if (response !== undefined) (isUpgrade ? sockets : http).push(answer);
  }
  return { http, messages, sockets };
}

function socketAnswers(socket: RecordedAnswer, capture: LoadedCapture): readonly RecordedAnswer[] {
  const answers: RecordedAnswer[] = [];
  let replies: SocketMessageRecord[] = [];
  for (const message of socket.exchange.messages) {
    if (message.opcode > 2) continue;
    if (message.dir === "receive") {
      replies.push(message);
      continue;
    }
    replies = [];
    answers.push({
      ...socket,
      name: `${socket.name}.${answers.length}`,
      ...texts(() => capture.text(message)),
      replies,
      sentMs: message.t_ms,
      used: 0,
    });
  }
  return answers;
}

/** Parses the text of a request once, when it is needed. */
function texts(read: () => string | undefined): Pick<RecordedAnswer, "text" | "json"> {
  let json: { readonly value: unknown } | undefined;
  return {
    text: read,
    json: () => {
      json ??= { value: parsed(read() ?? "") };
      return json.value;
    },
  };
}

/** Returns what a server sends on a websocket before the client's first message. */
export function greetings({ exchange }: RecordedAnswer): readonly SocketMessageRecord[] {
  const first = exchange.messages.findIndex(({ dir, opcode }) => dir === "send" && opcode <= 2);
  const before = first < 0 ? exchange.messages : exchange.messages.slice(0, first);
  return before.filter(({ dir, opcode }) => dir === "receive" && opcode <= 2);
}

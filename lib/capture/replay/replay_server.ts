/**
 * Serves a capture on loopback: answers the requests of a client as the recorded servers did.
 *
 * @module
 */
import { Hono } from "hono";
import type { World } from "../../world/world.ts";
import { listen } from "../../net/server/listener.ts";
import type { UpgradeOffer } from "../../net/server/served_websocket.ts";
import type { LoadedCapture } from "../record/read/exchanges.ts";
import { loopbackOnly, loopbackRefusal } from "../view/loopback_only.ts";
import { type Fault, FaultPlan } from "./faults.ts";
import { findAnswer, type IncomingRequest, type Match, type MatchMode } from "./match_request.ts";
import type { ForwardMiss } from "./forward_miss.ts";
import { createPacing } from "./pacing.ts";
import { greetings, plainPath, type RecordedAnswer, recordedAnswers } from "./recorded_answer.ts";
import { replayHttp } from "./replay_http.ts";
import { type Miss, type ReplayReport, reportOn, requestLine } from "./replay_report.ts";
import { replaySocket } from "./replay_socket.ts";
import { isFinalStatus, servableFields } from "./servable.ts";

/** Options of {@link startReplay}. */
export interface ReplayOptions {
  readonly capture: LoadedCapture;
  readonly world: Pick<World, "monotonic" | "sleep">;
  readonly mode: MatchMode;
  /** Whether a request that nothing matches gets the nearest answer instead of 501. */
  readonly servesNearest: boolean;
  /** Answers HTTP requests that nothing matches. Websockets that nothing matches are refused with 426. */
  readonly forward?: ForwardMiss;
  /** 1: as recorded; `Infinity`: at once. */
  readonly speed: number;
  readonly faults: readonly Fault[];
  /** Default 0: the system chooses. */
  readonly port?: number;
  /** Told of every request and how it was answered. */
  readonly onRequest?: (line: string) => void;
}

/** A replay that listens on 127.0.0.1. */
export interface ReplayServer {
  readonly port: number;
  readonly report: () => ReplayReport;
  readonly close: () => Promise<void>;
}

/**
 * Starts a replay.
 *
 * @throws the error of the system if it cannot listen
 */
export async function startReplay(options: ReplayOptions): Promise<ReplayServer> {
  const replay = new Replay(options);
  const app = new Hono();
  // The framework would print the error.
  app.onError(({ message }) =>
    Response.json({ error: { type: "culvert_replay", code: "failed", message } }, { status: 500 })
  );
  let port = 0;
  app.use(loopbackOnly(() => port));
  app.all("*", (context) => replay.answer(context.req.raw));
  const listener = await listen({
    ...(options.port === undefined ? {} : { port: options.port }),
    handle: app.fetch,
    upgrade: async (request, offer) => {
      const refusal = loopbackRefusal(request, port);
      if (refusal === undefined) return await replay.upgrade(request, offer);
      offer.refuse(refusal.status, {}, await refusal.text());
    },
  });
  port = listener.port;
  return {
    port,
    report: () => replay.report(),
    close: async () => {
      replay.stop();
      await listener.close();
    },
  };
}

/** Answers requests from one capture. */
class Replay {
  readonly #options: ReplayOptions;
  readonly #answers;
  readonly #pacing;
  readonly #stop = new AbortController();
  readonly #misses: Miss[] = [];
  readonly #faults;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#answers = recordedAnswers(options.capture);
    this.#faults = new FaultPlan(options.faults);
    this.#pacing = createPacing(options.world, options.speed);
  }

  report(): ReplayReport {
    return { ...reportOn(this.#answers, this.#misses), unapplied_faults: this.#faults.unapplied() };
  }

  stop(): void {
    this.#stop.abort();
  }

  async answer(request: Request): Promise<Response> {
    const { capture, world } = this.#options;
    const begin = world.monotonic();
    const body = new Uint8Array(await request.arrayBuffer());
    const incoming = await incomingOf(request, body);
    const match = this.#find(this.#answers.http, incoming);
    if (match.kind === "missed") {
      const { headers } = request;
      const signal = AbortSignal.any([request.signal, this.#stop.signal]);
      return await this.#options.forward?.({ ...incoming, headers, body, signal }) ??
        Response.json(missBody(match), { status: 501 });
    }
    const { answer } = match;
    const isCall = answer.exchange.channel === "model" && answer.method === "POST";
    return await replayHttp({
      capture,
      answer,
      pacing: this.#pacing,
      fault: isCall ? this.#faults.next(answer.exchange.events.length) : undefined,
      begin,
      signal: AbortSignal.any([request.signal, this.#stop.signal]),
    });
  }

  async upgrade(request: Request, offer: UpgradeOffer): Promise<void> {
    const { capture, world } = this.#options;
    const url = new URL(request.url);
    const path = plainPath(url.pathname);
    const recorded = this.#answers.sockets.filter((socket) => socket.path === path);
    const socket = recorded.find(({ used }) => used === 0) ?? recorded.at(-1);
    const refusal = this.#faults.refusal();
    if (socket === undefined || refusal !== undefined) {
      // Clients that know both transports take 426 as the wish for HTTP.
      const hasHttp = refusal !== undefined || this.#options.forward !== undefined ||
        this.#answers.http.some((answer) => answer.path === path);
      const match: Match = { kind: "missed" };
      if (!hasHttp) this.#miss({ method: "WEBSOCKET", path, query: url.search, text: undefined }, match);
      return offer.refuse(
        hasHttp ? 426 : 501,
        { "content-type": "application/json" },
        JSON.stringify(missBody(match)),
      );
    }
    socket.used++;
    const { open, response, end } = socket.exchange;
    if (open === undefined) {
      const text = capture.text(end?.body) ?? "";
      const recorded = response?.status ?? 502;
      this.#options.onRequest?.(`WEBSOCKET ${path}: ${recorded} as recorded in ${socket.name}`);
      const status = isFinalStatus(recorded) ? recorded : 502;
      return offer.refuse(status, plainHeaders(response?.headers ?? []), text);
    }
    const served = await offer.accept(plainHeaders(open.headers));
    await replaySocket({
      capture,
      socket: served,
      pacing: this.#pacing,
      monotonic: world.monotonic,
      greetings: greetings(socket),
      find: (text) => this.#find(this.#answers.messages, { method: "GET", path, query: socket.query, text }),
      fault: (messages) => this.#faults.next(messages),
      missMessage: (match) => JSON.stringify({ type: "error", status: 501, ...missBody(match) }),
      signal: this.#stop.signal,
    });
  }

  #find(answers: readonly RecordedAnswer[], incoming: IncomingRequest): Match {
    const match = findAnswer(answers, incoming, this.#options.mode);
    const found = match.kind === "found"
      ? match.answer
      : this.#options.servesNearest
      ? match.nearest
      : undefined;
    if (match.kind === "missed") this.#miss(incoming, match);
    if (found === undefined) return match;
    found.used++;
    if (match.kind === "found") this.#options.onRequest?.(`${requestLine(found)}: ${found.name}`);
    return { kind: "found", answer: found };
  }

  #miss({ method, path, query }: IncomingRequest, match: Match): void {
    const { nearest, difference } = match.kind === "missed" ? match : {};
    const miss = {
      request: `${method} ${path}${query}`,
      ...(nearest === undefined ? {} : { nearest: nearest.name }),
      ...(difference === undefined ? {} : { difference }),
    };
    this.#misses.push(miss);
    this.#options.onRequest?.(missLine(miss));
  }
}

/** Returns a miss in one line, for people. */
export function missLine({ request, nearest, difference }: Miss): string {
  const like = nearest === undefined ? "" : `; the most similar is ${nearest}`;
  const first = difference === undefined
    ? ""
    : `, first difference at ${difference.pointer}: recorded ${difference.recorded ?? "nothing"}, received ${
      difference.received ?? "nothing"
    }`;
  return `${request}: not in the capture${like}${first}`;
}

async function incomingOf(request: Request, body: Uint8Array): Promise<IncomingRequest> {
  const url = new URL(request.url);
  const { BodyDecoder } = await import("../record/body_recorder.ts");
  const decoder = new BodyDecoder(request.headers.get("content-encoding") ?? undefined);
  const { joinBytes } = await import("../record/decode/sse_splitter.ts");
  const decoded = [
    ...await decoder.push(body),
    ...await decoder.finish(),
  ];
  const text = new TextDecoder().decode(joinBytes(decoded));
  return {
    method: request.method,
    path: plainPath(url.pathname),
    query: url.search,
    text: text === "" ? undefined : text,
  };
}

function missBody(match: Match): object {
  const { nearest, difference } = match.kind === "missed" ? match : {};
  return {
    error: {
      type: "culvert_replay_miss",
      code: "not_recorded",
      message: nearest === undefined
        ? "The capture has no answer to this request"
        : `The capture has no answer to this request; the most similar is ${nearest.name} (${
          requestLine(nearest)
        })`,
      ...(nearest === undefined ? {} : { nearest: nearest.name }),
      ...(difference === undefined ? {} : { difference }),
    },
  };
}

const OF_THE_HANDSHAKE =
  /^(connection|upgrade|sec-websocket-.*|content-length|content-encoding|transfer-encoding)$/i;

function plainHeaders(headers: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  return Object.fromEntries(servableFields(headers).filter(([name]) => !OF_THE_HANDSHAKE.test(name)));
}

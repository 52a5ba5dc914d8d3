/**
 * The realtime side of the simulated API: websockets and calls.
 *
 * @module
 */
import { Hono } from "hono";
import type { UpgradeOffer } from "../../net/server/served_websocket.ts";
import { refuseUpgrade } from "../api/api_websocket.ts";
import type { Json } from "../api/scenario.ts";
import { authorized, type EndpointHost, notFound } from "../endpoints/endpoint.ts";
import { identifier } from "../identifier.ts";
import { readOffer, SDP_ANSWER, type SimulatedCall } from "./realtime_calls.ts";
import type { RealtimeScenario, RealtimeSessionLog, SimulatedRealtime } from "./realtime_scenario.ts";
import { RealtimeSession } from "./realtime_session.ts";

/** The path of a websocket of v3, and of one that joins a call. */
const LIVE_PATH = /\/live(?:\/(?<call>[^/]+))?$/;

/** The realtime server of a simulated API. */
export class RealtimeServer implements SimulatedRealtime {
  readonly #sessions: RealtimeSessionLog[] = [];
  readonly #scenarios: RealtimeScenario[] = [];

  get sessions(): readonly RealtimeSessionLog[] {
    return this.#sessions;
  }

  enqueue(...scenarios: readonly RealtimeScenario[]): void {
    this.#scenarios.push(...scenarios);
  }

  readonly #calls: SimulatedCall[] = [];

  get calls(): readonly SimulatedCall[] {
    return this.#calls;
  }

  /** Routes of calls, below the base of the model endpoints. */
  routes(host: EndpointHost): Hono {
    const app = new Hono();
    const create = authorized(host, (context) => this.#createCall(context.req.raw));
    app.post("/realtime/calls", create);
    app.post("/live", create);
    app.post(
      "/realtime/calls/:id/hangup",
      authorized(host, (context) => this.#hangUp(context.req.param("id") ?? "")),
    );
    return app;
  }

  async #createCall(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const offer = await readOffer(request);
    if (offer === undefined) {
      const error = {
        message: "The request has no valid SDP offer.",
        type: "invalid_request_error",
        param: "sdp",
      };
      return Response.json({ error: { ...error, code: "invalid_offer" } }, { status: 400 });
    }
    const id = identifier("rtc");
    this.#calls.push({ id, search, ...offer });
    return new Response(SDP_ANSWER, {
      status: 201,
      headers: {
        "content-type": "application/sdp",
        "location": `${pathname}/${id}`,
        "x-request-id": identifier("req"),
      },
    });
  }

  #hangUp(id: string): Response {
    const isKnown = this.#calls.some((call) => call.id === id);
    return isKnown ? new Response(null, { status: 200 }) : notFound("No such call.");
  }

  /** Returns whether a path is that of the websocket. */
  serves(path: string): boolean {
    return path.endsWith("/realtime") || LIVE_PATH.test(path);
  }

  /** Accepts an upgrade whose credential was checked, and serves the session. */
  async upgrade(
    request: Request,
    offer: UpgradeOffer,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { pathname, search, searchParams } = new URL(request.url);
    const intent = searchParams.get("intent");
    const model = searchParams.get("model");
    const live = LIVE_PATH.exec(pathname);
    const callId = searchParams.get("call_id") ?? live?.groups?.["call"] ?? null;
    if (callId !== null && !this.#calls.some(({ id }) => id === callId)) {
      return refuseUpgrade(offer, {
        status: 404,
        body: {
          error: { message: "No session found for the provided call_id.", type: "invalid_request_error" },
        },
      });
    }
    if (intent === null && model === null && callId === null) {
      return refuseUpgrade(offer, {
        status: 400,
        body: { error: { message: "You must provide a model parameter.", type: "invalid_request_error" } },
      });
    }
    const socket = await offer.accept(headers);
    const frames: Json[] = [];
    const session = new RealtimeSession(socket, {
      type: intent === "transcription" ? "transcription" : "realtime",
      version: live !== null ? "v3" : intent === "quicksilver" ? "v1" : "v2",
      model: model ?? "gpt-realtime-1.5",
      scenario: this.#scenarios.shift() ?? {},
      record: (frame) => frames.push(frame),
    });
    const { input } = session;
    this.#sessions.push({
      path: pathname,
      search,
      headers: Object.fromEntries(request.headers),
      frames,
      get samples() {
        return input.samples;
      },
      get appends() {
        return input.appends;
      },
      get level() {
        return input.level;
      },
      get samplesBeforeText() {
        return input.samplesBeforeText;
      },
      transcripts: input.transcripts,
      closed: socket.closed,
    });
    await session.serve();
  }
}

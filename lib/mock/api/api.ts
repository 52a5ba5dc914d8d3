/**
 * The simulated Responses API: a server on loopback, over TLS with a CA that is created at start. It answers
 * according to scenarios and stores the requests that it received.
 *
 * @module
 */
import { Hono } from "hono";
import { listen, type Listener } from "../../net/server/listener.ts";
import type { UpgradeOffer } from "../../net/server/served_websocket.ts";
import { answerHeaders, MODELS_ETAG } from "./answer_headers.ts";
import { refuseUpgrade, serveSocket } from "./api_websocket.ts";
import { backendRoutes } from "../endpoints/backend.ts";
import { isContent, type MockFile, MockFiles } from "../endpoints/backend_files.ts";
import { platformFileRoutes } from "../endpoints/platform_files.ts";
import { type EndpointHost, refusalReply } from "../endpoints/endpoint.ts";
import { type EndpointFault, EndpointFaults } from "../endpoints/faults.ts";
import { imageRoutes } from "../endpoints/images.ts";
import { modelCallRoutes } from "../endpoints/model_calls.ts";
import { modelRoutes } from "../endpoints/models.ts";
import { OAuthServer, type OAuthServerOptions } from "../oauth/oauth.ts";
import type { SimulatedRealtime } from "../realtime/realtime_scenario.ts";
import { RealtimeServer } from "../realtime/realtime_server.ts";
import { type Authority, createAuthority } from "../../pki/pki.ts";
import { TIMED_EVENTS_PATH, timedEvents } from "./timed_events.ts";
import { modelNotFound, unauthorized } from "./refusals.ts";
import { readBytes, readJson, recorded } from "./read_request.ts";
import { RequestLog } from "./request_log.ts";
import { answerInKind } from "./answer_in_kind.ts";
import { identifier } from "../identifier.ts";
import type { HandshakeScenario, Json, Refusal, Scenario } from "./scenario.ts";
import { pause, sseBody } from "./sse_body.ts";

/** Options of {@link startMockApi}. */
export interface MockApiOptions {
  /** The CA that issues its certificate. Default: a new one. */
  readonly authority?: Authority;
  /** Names and addresses in its certificate. Default: localhost, 127.0.0.1 and ::1. */
  readonly names?: readonly string[];
  /** Whether it uses plain HTTP, like local model servers. */
  readonly plain?: boolean;
  /**
   * For requests while the queue is empty. Default: a complete answer, in the form that the request requires.
   */
  readonly scenario?: Scenario;
  /** For upgrades while the queue is empty. Default: 101. */
  readonly handshake?: HandshakeScenario;
  /**
   * Whether a bearer token is accepted. Default: any token that the OAuth side does not know to be expired or
   * revoked.
   */
  readonly accepts?: (token: string) => boolean;
  /** Whether the model exists; a request for one that does not is answered with 404. Default: every model does. */
  readonly hasModel?: (model: string) => boolean;
  /** Also answers requests without a credential. */
  readonly open?: boolean;
  /** Origin of the signed URLs that file content is sent to. Default: its own. */
  readonly storageOrigin?: string;
  /** Options of its OAuth server. */
  readonly oauth?: OAuthServerOptions;
}

/** A running simulated API. */
export interface MockApi extends AsyncDisposable {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  /** `https://localhost:PORT`, the issuer of its OAuth side; no slash at the end. */
  readonly origin: string;
  /** Base URL for a provider: `https://localhost:PORT/v1`. */
  readonly baseUrl: string;
  /** The CA that issued its certificate. */
  readonly authority: Authority;
  /** The requests that it received. */
  readonly log: RequestLog;
  /** Its logins and tokens. */
  readonly oauth: OAuthServer;
  /** Its realtime sessions. */
  readonly realtime: SimulatedRealtime;
  /** Scenarios for the next model requests, HTTP or frame, in order. */
  enqueue(...scenarios: readonly Scenario[]): void;
  /** Faults for the next requests of unary endpoints, such as `/models`; each is used once. */
  enqueueFault(...faults: readonly EndpointFault[]): void;
  /** Scenarios for the next websocket upgrades. */
  enqueueHandshake(...scenarios: readonly HandshakeScenario[]): void;
  /** Number of requested websocket upgrades so far. */
  handshakes(): number;
  /** Files that were created at the ChatGPT backend, by id. */
  readonly files: ReadonlyMap<string, MockFile>;
  /** TCP connections open now. */
  connections(): number;
  /** Stops the server and drops every connection, like disposing of it. */
  close(): Promise<void>;
}

/**
 * Starts a simulated API on a port that the system chooses.
 *
 * @param options the defaults give successful answers to any client with a token
 */
export async function startMockApi(options: MockApiOptions = {}): Promise<MockApi> {
  const authority = options.authority ?? await createAuthority("Culvert Mock API CA");
  const names = options.names ?? ["localhost", "127.0.0.1", "::1"];
  const api = new Api(options);
  const listener: Listener = await listen({
    ...(options.plain === true
      ? {}
      : { identity: await authority.issue({ commonName: names[0] ?? "localhost", names }) }),
    handle: (request) => api.handle(request),
    upgrade: (request, offer) => api.upgrade(request, offer),
  });
  const origin = `${options.plain === true ? "http" : "https"}://localhost:${listener.port}`;
  return {
    port: listener.port,
    origin,
    baseUrl: `${origin}/v1`,
    authority,
    log: api.log,
    oauth: api.oauth,
    realtime: api.realtime,
    enqueue: (...scenarios) => void api.scenarios.push(...scenarios),
    enqueueFault: (...faults) => api.faults.add(...faults),
    enqueueHandshake: (...scenarios) => void api.handshakes.push(...scenarios),
    files: api.files.files,
    handshakes: () => api.handshakeCount,
    connections: listener.connections,
    close: listener.close,
    [Symbol.asyncDispose]: listener.close,
  };
}

class Api {
  readonly log = new RequestLog();
  readonly oauth: OAuthServer;
  readonly realtime = new RealtimeServer();
  readonly scenarios: Scenario[] = [];
  readonly handshakes: HandshakeScenario[] = [];
  readonly faults = new EndpointFaults();
  readonly files: MockFiles;
  handshakeCount = 0;
  readonly #options: MockApiOptions;
  readonly #app = new Hono();

  constructor(options: MockApiOptions) {
    this.#options = options;
    this.oauth = new OAuthServer(options.oauth);
    this.files = new MockFiles(options.storageOrigin);
    const host: EndpointHost = { refusalOf: (request) => this.#refusalOf(request) };
    this.#app.route("/", this.oauth.routes());
    this.#app.get("/", (context) => context.text("The simulated API of culvert\n"));
    for (const base of ["/v1", "/backend-api/codex"]) {
      this.#app.post(`${base}/responses`, (context) => this.#respond(context.req.raw));
      this.#app.route(base, modelRoutes(host, base !== "/v1"));
      this.#app.route(base, modelCallRoutes(host));
      this.#app.route(base, imageRoutes(host));
      this.#app.route(base, this.realtime.routes(host));
      this.#app.get(`${base}/${TIMED_EVENTS_PATH}`, (context) => timedEvents(context.req.raw));
    }
    this.#app.route("/v1", platformFileRoutes(host));
    this.#app.route("/backend-api", this.files.routes(host));
    for (const base of ["/backend-api/wham", "/api/codex"]) this.#app.route(base, backendRoutes(host));
    this.#app.notFound((context) =>
      context.json({ error: { message: `Invalid URL (${context.req.method} ${context.req.path})` } }, 404)
    );
  }

  /** Records and answers one HTTP request. */
  async handle(request: Request): Promise<Response> {
    const facts = { transport: "http", connection: 0, clientGone: request.signal } as const;
    if (isContent(request)) {
      this.log.add(recorded(request, new Uint8Array(0), facts));
      return await this.files.takeContent(request, this.faults);
    }
    const bytes = await readBytes(request.clone());
    this.log.add(recorded(request, bytes, facts));
    return await this.faults.answer(request, () => this.#app.fetch(request));
  }

  /** Accepts or refuses one websocket upgrade. */
  async upgrade(request: Request, offer: UpgradeOffer): Promise<void> {
    const connection = ++this.handshakeCount;
    const path = new URL(request.url).pathname;
    const handshake = this.handshakes.shift() ?? this.#options.handshake ?? { kind: "accept" };
    const isRealtime = this.realtime.serves(path);
    if (!isRealtime && !path.endsWith("/responses")) {
      return refuseUpgrade(offer, { status: 404, body: "Not found" });
    }
    const refusal = handshake.kind === "accept" ? await this.#refusalOf(request) : undefined;
    if (refusal !== undefined) return refuseUpgrade(offer, refusal);
    if (isRealtime && handshake.kind === "accept") {
      return await this.realtime.upgrade(request, offer, {
        "x-request-id": identifier("req"),
        ...handshake.headers,
      });
    }
    const headers = {
      "x-request-id": identifier("req"),
      "x-models-etag": MODELS_ETAG,
      "x-reasoning-included": "true",
    };
    await serveSocket(offer, handshake, headers, {
      nextScenario: (frame) => this.#nextScenario(frame),
      record: (text, json, clientGone) => {
        const facts = { transport: "websocket", connection, clientGone } as const;
        const frame = recorded(request, new TextEncoder().encode(text), facts);
        this.log.add(json === undefined ? frame : { ...frame, json });
      },
    });
  }

  /**
   * Returns the next scenario of the queue; without one, the default answer in the form that the request
   * requires.
   */
  #nextScenario(body: Json | undefined): Scenario {
    const model = body?.["model"];
    if (typeof model === "string" && this.#options.hasModel?.(model) === false) {
      return { refusal: modelNotFound(model) };
    }
    return this.scenarios.shift() ?? { ...answerInKind(body), ...this.#options.scenario };
  }

  async #respond(request: Request): Promise<Response> {
    const refused = await this.#refusalOf(request);
    if (refused !== undefined) return refusalReply(refused);
    const body = await readJson(request);
    if (body !== undefined && !("model" in body) && !("input" in body)) return refusalReply(INCOMPLETE);
    const scenario = this.#nextScenario(body);
    if (scenario.headDelayMs !== undefined) await pause(scenario.headDelayMs, request.signal);
    if (scenario.refusal !== undefined) return refusalReply(scenario.refusal);
    const model = typeof body?.["model"] === "string" ? body["model"] : "gpt-6.1-sol";
    const now = Date.now();
    const stream = sseBody(scenario, { model, generate: true, now }, request.signal);
    return new Response(stream, { headers: answerHeaders(scenario, model, now) });
  }

  async #refusalOf(request: Request): Promise<Refusal | undefined> {
    if (this.#options.open === true) return undefined;
    const header = request.headers.get("authorization") ?? "";
    if (header.startsWith("AgentAssertion ")) {
      return await this.oauth.agents.accepts(header)
        ? undefined
        : unauthorized("agent_unknown", "Unknown agent.");
    }
    const token = /^Bearer (.+)$/i.exec(header)?.[1];
    if (token === undefined) {
      const refusal = unauthorized("missing_authorization", "You did not provide an API key.");
      return { ...refusal, headers: { ...refusal.headers, ...MISSING } };
    }
    const accepts = this.#options.accepts ?? ((given: string) => this.oauth.accepts(given));
    return accepts(token) ? undefined : unauthorized();
  }
}

/**
 * The reply to a request without a model and input, as the platform sends it. It uses no scenario.
 */
const INCOMPLETE: Refusal = {
  status: 400,
  body: {
    error: {
      message: "Missing required parameter: 'model'.",
      type: "invalid_request_error",
      param: "model",
      code: "missing_required_parameter",
    },
  },
};

const MISSING = { "x-openai-authorization-error": "missing_authorization_header" } as const;

/**
 * The client of programs that embed culvert: it connects once and opens sessions over that connection.
 *
 * @module
 */
import { connect, type Connection, type ConnectOptions } from "../connect/connect.ts";
import { createAuthenticator } from "../connect/create_authenticator.ts";
import { externalAuthenticator } from "../auth/external/external_authenticator.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import { layeredWorld } from "../config/environment/layered_world.ts";
import { loadSettings } from "../config/load_settings.ts";
import type { Settings, SharedFlags } from "../config/settings.ts";
import { CulvertError } from "../errors.ts";
import { combineObservers, type Observer, observerOf } from "../net/observer.ts";
import type { RunningTelemetry } from "../observe/otlp/start_telemetry.ts";
import type { Traces } from "../observe/trace/write/start_traces.ts";
import type { Warning } from "../warning.ts";
import type { World } from "../world/world.ts";
import { apiKeyAuthenticator } from "../auth/external/api_key_authenticator.ts";
import type { Client, ClientOptions, ClientRequest, ClientSession } from "./client_types.ts";
import { Calls } from "./calls.ts";
import { checkClientOptions, checkRequest, checkTurnOptions } from "./check_options.ts";
import { errorForProgram } from "./error_for_program.ts";
import { userMessage } from "../responses/events/items.ts";
import { defined } from "../text/json.ts";
import type { TurnRequest } from "../responses/request/request.ts";
import { Session, type SessionOptions, sessionOptions } from "../responses/turn/session.ts";
import type { Turn, TurnOptions } from "../responses/turn/turn.ts";

/**
 * Opens a client. No connection is made yet.
 *
 * @throws CulvertError of configuration, proxy and trust; `usage` if options contradict each other or have other types
 * than declared
 */
export async function openClient(options: ClientOptions, world: World): Promise<Client> {
  try {
    return await open(options, world);
  } catch (thrown) {
    throw thrown instanceof CulvertError ? errorForProgram(thrown) : thrown;
  }
}

async function open(options: ClientOptions, process: World): Promise<Client> {
  checkClientOptions(options);
  const {
    caCertPem,
    maxRetryAfterMs,
    onObservation = () => {},
    onWarning = () => {},
    serverTimings = false,
  } = options;
  if (caCertPem !== undefined && options.caCertFile !== undefined) {
    throw new CulvertError("usage", "Both caCertPem and caCertFile were given", {
      hint: "Use only one of the two.",
    });
  }
  const world = await layeredWorld(process);
  const settings = await loadSettings(flagsOf(options), world);
  const own = observerOf(onObservation);
  await using opened = new AsyncDisposableStack();
  const telemetry = options.telemetry === true ? await telemetryFor(settings, world) : undefined;
  opened.defer(async () => void await telemetry?.close(0));
  const connection = await connectTo(settings, world, {
    observer: telemetry === undefined ? own : combineObservers(own, telemetry.observer),
    warn: onWarning,
    authenticator: (parts) =>
      ownAuthenticator(options, settings, parts.observer, world) ?? createAuthenticator(parts),
    ...(caCertPem === undefined ? {} : { caCertPem }),
    ...(options.attestation === undefined ? {} : { attestation: options.attestation }),
  });
  opened.defer(connection.stop);
  telemetry?.attach(await connection.source());
  const limit = maxRetryAfterMs === undefined ? {} : { maxRetryAfterMs };
  const { inferenceTraces: wantsTraces = false } = options;
  const traces = wantsTraces !== false ? await tracesFor(connection, onWarning) : undefined;
  const traced = traces === undefined ? {} : { startInferenceTrace: traces.start };
  const session = { serverTimings, wordError: errorForProgram, ...limit, ...traced };
  const closeTelemetry = async (deadlineMs: number) => {
    for (const message of await telemetry?.close(deadlineMs) ?? []) {
      onWarning({ code: "telemetry_undelivered", message });
    }
  };
  // Nothing failed: from here on the client closes what was opened.
  opened.move();
  return new OpenClient(connection, session, closeTelemetry, traces);
}

/** A connection, and what a simulated network beneath it adds. */
interface ClientConnection extends Connection<Authenticator> {
  /** Returns the roots and routes by which telemetry is sent. */
  readonly source: () => Promise<Pick<Connection, "routes" | "trust">>;
  /** Stops the simulated network; does nothing if there is none. Call it after `close()`. */
  readonly stop: () => Promise<void>;
}

/** Connects to the provider; for the provider `demo` through a simulated network, like the command line. */
async function connectTo(
  settings: Settings,
  world: World,
  options: ConnectOptions<Authenticator> & Required<Pick<ConnectOptions<Authenticator>, "authenticator">>,
): Promise<ClientConnection> {
  if (settings.provider.id !== "demo") {
    const connection = await connect(settings, world, options);
    return { ...connection, source: () => Promise.resolve(connection), stop: () => Promise.resolve() };
  }
  const { demoSettings, sourceOutside, startDemo } = await import("../mock/demo.ts");
  const demo = await startDemo(world, { settings });
  const stop = async () => await demo[Symbol.asyncDispose]();
  try {
    const connection = await connect(demoSettings(demo, settings), demo.world, options);
    return { ...connection, source: () => sourceOutside(settings, world), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function tracesFor(
  { secrets, settings: { trace: settings }, world }: Connection<Authenticator>,
  warn: (warning: Warning) => void,
): Promise<Traces | undefined> {
  if (settings === undefined) return undefined;
  const { startTraces } = await import("../observe/trace/write/start_traces.ts");
  return startTraces({ settings, world, secrets, warn });
}

async function telemetryFor(settings: Settings, world: World): Promise<RunningTelemetry | undefined> {
  if (settings.telemetry === undefined || settings.telemetry.destinations.length === 0) return undefined;
  const { startTelemetry } = await import("../observe/otlp/start_telemetry.ts");
  return startTelemetry({ settings, world });
}

/**
 * Returns the authenticator for the credential of the embedding program, if it passed one.
 *
 * @throws CulvertError `usage` if it passed two
 */
function ownAuthenticator(
  { apiKey, externalAuth: auth }: ClientOptions,
  { provider, loginPolicy }: Settings,
  observer: Observer,
  world: World,
): Authenticator | undefined {
  if (apiKey !== undefined && auth !== undefined) {
    throw new CulvertError("usage", "Both apiKey and externalAuth were given", {
      hint: "Use only one of the two.",
    });
  }
  if (apiKey !== undefined) return apiKeyAuthenticator(apiKey, world, observer);
  if (auth === undefined) return undefined;
  return externalAuthenticator({
    auth,
    world,
    observer,
    loginPolicy: provider.requiresOpenAiAuth ? loginPolicy : undefined,
  });
}

/** Returns the options under the names of the flags. */
function flagsOf(options: ClientOptions): SharedFlags {
  const {
    apiKeyFile,
    baseUrl,
    inferenceTraces,
    model,
    profile,
    provider,
    proxy,
    reasoningEffort,
    transport,
  } = options;
  return defined({
    ...{ apiKeyFile, baseUrl, model, profile, provider, proxy, reasoningEffort },
    trace: typeof inferenceTraces === "string" ? inferenceTraces : undefined,
    caCert: options.caCertFile,
    clientCert: options.clientCertFile,
    clientKey: options.clientKeyFile,
    transport: transport === "websocket" ? "ws" : transport,
  });
}

/** Longest wait for the export of telemetry, and for inference traces, when a client is closed, ms. */
const DEADLINE_MS = 2_000;

class OpenClient extends Calls implements Client {
  readonly #connection: ClientConnection;
  readonly #parts: SessionOptions;
  readonly #sessions = new Set<Session>();
  readonly #closeTelemetry: (deadlineMs: number) => Promise<void>;
  readonly #traces: Traces | undefined;
  #own: ClientSession | undefined;
  #closed = false;

  constructor(
    connection: ClientConnection,
    options: Pick<SessionOptions, "serverTimings" | "maxRetryAfterMs" | "wordError" | "startInferenceTrace">,
    closeTelemetry: (deadlineMs: number) => Promise<void>,
    traces: Traces | undefined,
  ) {
    super(connection);
    this.#traces = traces;
    this.#closeTelemetry = closeTelemetry;
    this.#connection = connection;
    this.#parts = { ...sessionOptions(connection), ...options };
  }

  get model(): string {
    return this.#connection.settings.model;
  }

  get provider(): string {
    return this.#connection.settings.provider.id;
  }

  get roots(): string {
    return this.#connection.trust.description;
  }

  session(): ClientSession {
    this.mustBeOpen();
    const session = new Session(this.#parts);
    this.#sessions.add(session);
    const close = () => {
      session.close();
      this.#sessions.delete(session);
    };
    return {
      turn: (request, options = {}) => {
        this.mustBeOpen();
        checkTurnOptions(options);
        return session.turn(this.#complete(request), options);
      },
      prewarm: async (request = {}) => {
        this.mustBeOpen();
        await session.prewarm(this.#complete({ ...request, input: [] }));
      },
      preconnect: async () => {
        this.mustBeOpen();
        await session.preconnect();
      },
      compact: async (request, options) => await this.compact(session, this.#complete(request), options),
      close,
      [Symbol.dispose]: close,
    };
  }

  turn(request: ClientRequest, options?: TurnOptions): Turn {
    this.#own ??= this.session();
    return this.#own.turn(request, options);
  }

  close(): void {
    if (this.#closed) return;
    void this.#closeTelemetry(0);
    this.#closeConnections();
    void this.#connection.stop();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isOpen = !this.#closed;
    this.#closed = true;
    if (isOpen) await this.#closeTelemetry(DEADLINE_MS);
    this.#closeConnections();
    if (isOpen) await this.#traces?.close(DEADLINE_MS);
    if (isOpen) await this.#connection.stop();
  }

  #closeConnections(): void {
    this.#closed = true;
    for (const session of this.#sessions) session.close();
    this.#sessions.clear();
    this.#connection.close();
  }

  protected override mustBeOpen(): void {
    if (this.#closed) throw new CulvertError("usage", "The client is closed and cannot send a request");
  }

  /** Returns the request with the defaults of the settings. */
  #complete(request: ClientRequest): TurnRequest {
    const { model, reasoningEffort, reasoningSummary, serviceTier, verbosity } = this.#connection.settings;
    checkRequest(request);
    const { input } = request;
    return {
      ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
      ...(reasoningSummary === undefined ? {} : { reasoningSummary }),
      ...(serviceTier === undefined ? {} : { serviceTier }),
      ...(verbosity === undefined ? {} : { verbosity }),
      ...request,
      model: request.model ?? model,
      input: typeof input === "string" ? [userMessage(input)] : input,
    };
  }
}

/**
 * A client for programs that embed culvert: settings, roots, routes, dialer and credential put together once.
 *
 * @module
 */
import { createAuthenticator } from "../../connect/create_authenticator.ts";
import { externalAuthenticator } from "../../auth/external/external_authenticator.ts";
import type { Authenticator } from "../../auth/authenticator.ts";
import { loadSettings } from "../../config/load_settings.ts";
import type { Settings, SharedFlags } from "../../config/settings.ts";
import { CulvertError } from "../../errors.ts";
import { createDialer } from "../../net/dialer/create_dialer.ts";
import { hidingWarning } from "../../net/dialer/env_permission.ts";
import { type Observer, SILENT } from "../../net/observer.ts";
import { createRouteTable } from "../../net/route/route_table.ts";
import { rootsReader } from "../../trust/roots/system_roots.ts";
import { loadTrust } from "../../trust/load_trust.ts";
import { VERSION } from "../../version.ts";
import type { World } from "../../world/world.ts";
import { apiKeyAuthenticator } from "../../auth/api_key/api_key_authenticator.ts";
import type { Client, ClientOptions, ClientRequest, ClientSession } from "./client_types.ts";
import { originator, userAgent } from "../request/identity.ts";
import { userMessage } from "../events/items.ts";
import type { TurnRequest } from "../request/request.ts";
import { Session, type SessionOptions } from "../turn/session.ts";
import type { Turn, TurnOptions } from "../turn/turn.ts";
import { WIRE_MODULES } from "../transport/wire_modules.ts";

/**
 * Opens a client. No connection is made yet.
 *
 * @throws CulvertError of configuration, proxy and trust
 */
export async function openClient(options: ClientOptions, world: World): Promise<Client> {
  const { onObservation: observer = SILENT, onWarning = () => {}, serverTimings = false } = options;
  const settings = await loadSettings(flagsOf(options), world);
  const [trust, { routes, warnings }] = await Promise.all([
    loadTrust({ flag: settings.caCert, world, roots: rootsReader({ world }) }),
    createRouteTable({ env: world.env, ...(settings.proxy === undefined ? {} : { proxy: settings.proxy }) }),
  ]);
  const unhidden = hidingWarning() ?? [];
  [...settings.warnings, ...trust.warnings, ...warnings].concat(unhidden).forEach((each) => onWarning(each));
  const { os, arch } = Deno.build;
  const name = userAgent({ originator: originator(world.env), version: VERSION, os, arch });
  const dialer = createDialer({ trust, routes, world, observer, userAgent: name });
  const authenticator = ownAuthenticator(options, settings, observer, world) ??
    createAuthenticator({ settings, dialer, world, observer, warn: onWarning });
  const { provider, transport } = settings;
  return new OpenClient(settings, {
    dialer,
    authenticator,
    provider,
    transport,
    world,
    observer,
    serverTimings,
  });
}

/** What sends the program's own credential, where it gave one. @throws CulvertError `usage` where it gave two */
function ownAuthenticator(
  { apiKey, externalAuth: auth }: ClientOptions,
  { provider, loginPolicy }: Settings,
  observer: Observer,
  world: World,
): Authenticator | undefined {
  if (apiKey !== undefined && auth !== undefined) {
    throw new CulvertError("usage", "Both apiKey and externalAuth were given", {
      hint: "Give one of the two.",
    });
  }
  if (apiKey !== undefined) return apiKeyAuthenticator(apiKey, world);
  if (auth === undefined) return undefined;
  return externalAuthenticator({
    auth,
    world,
    observer,
    loginPolicy: provider.requiresOpenAiAuth ? loginPolicy : undefined,
  });
}

/** The options under the names of the command line. */
function flagsOf(options: ClientOptions): SharedFlags {
  const {
    apiKey: _,
    externalAuth: _e,
    caCertFile,
    onObservation: _o,
    onWarning: _w,
    serverTimings: _s,
    transport,
    ...same
  } = options;
  return {
    ...same,
    ...(caCertFile === undefined ? {} : { caCert: caCertFile }),
    ...(transport === undefined ? {} : { transport: transport === "websocket" ? "ws" : transport }),
  };
}

class OpenClient implements Client {
  readonly #settings: Settings;
  readonly #parts: SessionOptions;
  readonly #sessions = new Set<Session>();
  #own: ClientSession | undefined;
  #closed = false;

  constructor(settings: Settings, parts: SessionOptions) {
    this.#settings = settings;
    this.#parts = parts;
  }

  get model(): string {
    return this.#settings.model;
  }

  get provider(): string {
    return this.#settings.provider.id;
  }

  get roots(): string {
    return this.#parts.dialer.trust.description;
  }

  session(): ClientSession {
    const session = new Session(this.#parts, WIRE_MODULES);
    this.#sessions.add(session);
    const close = () => {
      session.close();
      this.#sessions.delete(session);
    };
    return {
      turn: (request, options) => {
        this.#mustBeOpen();
        return session.turn(this.#complete(request), options);
      },
      prewarm: (request = {}) => {
        this.#mustBeOpen();
        return session.prewarm(this.#complete({ ...request, input: [] }));
      },
      preconnect: () => {
        this.#mustBeOpen();
        return session.preconnect();
      },
      close,
      [Symbol.dispose]: close,
    };
  }

  turn(request: ClientRequest, options?: TurnOptions): Turn {
    this.#own ??= this.session();
    return this.#own.turn(request, options);
  }

  close(): void {
    this.#closed = true;
    for (const session of this.#sessions) session.close();
    this.#sessions.clear();
    this.#parts.dialer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new CulvertError("usage", "A turn was asked of a client that is closed");
  }

  /** The request with what the settings add. */
  #complete(request: ClientRequest): TurnRequest {
    const { model, reasoningEffort, reasoningSummary, serviceTier, verbosity } = this.#settings;
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

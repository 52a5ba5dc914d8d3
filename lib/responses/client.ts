/**
 * A client for programs that embed culvert: settings, roots, routes, dialer and credential put together once.
 *
 * @module
 */
import { apiKeyAuthenticator } from "./api_key_authenticator.ts";
import { createAuthenticator } from "../auth/create_authenticator.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import { loadSettings } from "../config/load_settings.ts";
import type { Settings, SharedFlags } from "../config/settings.ts";
import { createDialer } from "../net/create_dialer.ts";
import type { Dialer } from "../net/dialer.ts";
import { type Observer, SILENT } from "../net/observer.ts";
import { createRouteTable } from "../net/route_table.ts";
import { rootsReader } from "../net/system_roots.ts";
import { loadTrust } from "../trust/load_trust.ts";
import { VERSION } from "../version.ts";
import type { Warning } from "../warning.ts";
import type { World } from "../world.ts";
import { originator, userAgent } from "./identity.ts";
import type { TurnRequest } from "./request.ts";
import { Session } from "./session.ts";
import type { Turn, TurnOptions } from "./turn.ts";

/**
 * What a client may be told. All of it is optional: what is absent comes from the environment and
 * `config.toml`, as it does for the command line.
 */
export interface ClientOptions extends SharedFlags {
  /** Secret. Absent: the credential is found as the command line finds it. */
  readonly apiKey?: string;
  /** Replaces the whole look-up of credentials. */
  readonly authenticator?: Authenticator;
  /** Told of each attempt, recovery and note. */
  readonly observer?: Observer;
  /** Told what the user should know of the configuration and of the roots. Default: nobody is. */
  readonly onWarning?: (warning: Warning) => void;
}

/** A request whose model and effort may come from the settings. */
export type ClientRequest = Omit<TurnRequest, "model"> & { readonly model?: string };

/** A client. It owns its dialer; dispose of it. */
export class Client implements Disposable {
  /** The settings in force. */
  readonly settings: Settings;
  /** The one way out, with its roots and routes. */
  readonly dialer: Dialer;
  readonly #parts: {
    readonly authenticator: Authenticator;
    readonly world: World;
    readonly observer: Observer;
  };
  readonly #sessions: Session[] = [];
  #own: Session | undefined;

  /** Use {@link openClient}. */
  constructor(
    settings: Settings,
    dialer: Dialer,
    parts: { readonly authenticator: Authenticator; readonly world: World; readonly observer: Observer },
  ) {
    this.settings = settings;
    this.dialer = dialer;
    this.#parts = parts;
  }

  /** Begins a session: turns that share a connection. */
  session(): Session {
    const { provider, transport } = this.settings;
    const session = new Session({ ...this.#parts, dialer: this.dialer, provider, transport });
    this.#sessions.push(session);
    return session;
  }

  /**
   * One turn in the client's own session. Nothing is sent before it is read.
   *
   * @param request what the settings know may be left out
   */
  turn(request: ClientRequest, options: TurnOptions = {}): Turn {
    this.#own ??= this.session();
    return this.#own.turn(this.request(request), options);
  }

  /** A request with what the settings add: model, effort, summary, verbosity, tier. */
  request(request: ClientRequest): TurnRequest {
    const { model, reasoningEffort, reasoningSummary, serviceTier, verbosity } = this.settings;
    return {
      ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
      ...(reasoningSummary === undefined ? {} : { reasoningSummary }),
      ...(serviceTier === undefined ? {} : { serviceTier }),
      ...(verbosity === undefined ? {} : { verbosity }),
      ...request,
      model: request.model ?? model,
    };
  }

  /** Drops every connection. */
  close(): void {
    for (const session of this.#sessions) session.close();
    this.dialer.close();
  }

  /** The same as {@link Client.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens a client. No connection is made yet.
 *
 * @throws CulvertError of configuration, proxy and trust
 */
export async function openClient(options: ClientOptions, world: World): Promise<Client> {
  const { apiKey, authenticator: given, observer = SILENT, onWarning = () => {}, ...flags } = options;
  const settings = await loadSettings(flags, world);
  const [trust, { routes, warnings }] = await Promise.all([
    loadTrust({ flag: settings.caCert, world, roots: rootsReader({ world }) }),
    createRouteTable({ env: world.env, ...(settings.proxy === undefined ? {} : { proxy: settings.proxy }) }),
  ]);
  [...settings.warnings, ...trust.warnings, ...warnings].forEach(onWarning);
  const { os, arch } = Deno.build;
  const name = userAgent({ originator: originator(world.env), version: VERSION, os, arch });
  const dialer = createDialer({ trust, routes, world, observer, userAgent: name });
  const authenticator = given ??
    (apiKey === undefined
      ? createAuthenticator({ settings, dialer, world, observer, warn: onWarning })
      : apiKeyAuthenticator(apiKey));
  return new Client(settings, dialer, { authenticator, world, observer });
}

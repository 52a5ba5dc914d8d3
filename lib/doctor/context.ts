/**
 * The state that the checks of one run share. Each part is computed when it is first asked for, and once.
 *
 * @module
 */
import type { AuthMode } from "../auth/authenticator.ts";
import type { Credential } from "../auth/credential.ts";
import { findCredential } from "../auth/policy/find_credential.ts";
import { openStore } from "../auth/store/open_store.ts";
import type { Settings, SharedFlags } from "../config/settings.ts";
import { dialerFor, routesFor, trustFor } from "../connect/connect.ts";
import { createAuthenticator, type SessionAuthenticator } from "../connect/create_authenticator.ts";
import { userAgent } from "../connect/user_agent.ts";
import { CulvertError } from "../errors.ts";
import type { Dialer } from "../net/dialer/dialer.ts";
import type { Route } from "../net/route/route.ts";
import type { RouteTableResult } from "../net/route/route_table.ts";
import { mergeHeaders } from "../responses/request/call_headers.ts";
import { baseUrl, endpointUrl } from "../responses/request/url.ts";
import type { RootsReader } from "../trust/roots/roots_reader.ts";
import type { TrustStore } from "../trust/trust_store.ts";
import type { World } from "../world/world.ts";
import { Commands } from "./commands.ts";
import { authorizeProbe, type ProbeAuthorization } from "./probe/authorization.ts";
import { modeOf } from "./probe/credential_facts.ts";
import { requestModelList } from "./probe/model_list.ts";
import type { ProbeReply } from "./probe/probe_reply.ts";
import { RouteProbe } from "./probe/route_probe.ts";
import { settingsForUrl } from "./settings_for_url.ts";

/** Options of a {@link DoctorContext}. */
export interface DoctorOptions {
  readonly world: World;
  /** The flags as given; `baseUrl` is the URL to examine. */
  readonly flags: SharedFlags;
  /** Default: the settings of a turn with these flags. */
  readonly settings?: Settings;
  /** Reads the roots of the system and of the runtime. Default: those of this machine. */
  readonly roots?: RootsReader;
  /** Whether the model may be asked for one short answer, which costs tokens. */
  readonly spend: boolean;
  /** The end of the time for all checks, by the monotonic clock, ms. */
  readonly endsAt: number;
}

/** The shared state of one run. */
export class DoctorContext {
  readonly world: World;
  readonly flags: SharedFlags;
  readonly spend: boolean;
  /** @throws CulvertError `config`, `usage` */
  readonly settings: () => Promise<Settings>;
  /** @throws CulvertError `ca_*` */
  readonly trust: () => Promise<TrustStore>;
  /** @throws CulvertError `proxy_invalid` for `--proxy` */
  readonly routes: () => Promise<RouteTableResult>;
  /** Secret. @throws CulvertError `auth_missing`, `auth_storage`, `input_unreadable`, `config` */
  readonly credential: () => Promise<Credential>;
  /** @throws as {@link trust} and {@link routes} */
  readonly dialer: () => Promise<Dialer>;
  /** Changes nothing: it registers no agent and removes no login. */
  readonly authenticator: () => Promise<SessionAuthenticator>;
  /** The base URL of the API. @throws CulvertError `config` */
  readonly base: () => Promise<URL>;
  /** @throws CulvertError `proxy_invalid`, `config` */
  readonly route: () => Promise<Route>;
  /** Command lines with the flags of this run. */
  readonly commands: () => Promise<Commands>;
  readonly #chosen: () => Promise<{ readonly settings: Settings; readonly turnFlags: SharedFlags }>;
  readonly #endsAt: number;
  readonly #authorizations = new Map<string, Promise<ProbeAuthorization>>();
  #opened: Dialer | undefined;
  #routeProbe: Promise<RouteProbe> | undefined;
  #modelList: Promise<ProbeReply> | undefined;

  /** @param options what to examine */
  constructor(options: DoctorOptions) {
    const { world, flags, roots } = options;
    this.world = world;
    this.flags = flags;
    this.spend = options.spend;
    this.#endsAt = options.endsAt;
    this.#chosen = once(async () =>
      options.settings === undefined
        ? await settingsForUrl(flags, world)
        : { settings: options.settings, turnFlags: flags }
    );
    this.settings = async () => (await this.#chosen()).settings;
    this.commands = once(async () => new Commands(flags, (await orUndefined(this.#chosen()))?.turnFlags));
    this.trust = once(() =>
      trustFor(flags, world, { countMozilla: true, ...(roots === undefined ? {} : { roots }) })
    );
    this.routes = once(() => routesFor(flags, world));
    this.credential = once(() => this.#findCredential());
    this.base = once(async () => await this.endpoint(""));
    this.route = once(async () => (await this.routes()).routes.resolve(await this.base()));
    this.dialer = once(async () => {
      const [trust, { routes }] = await Promise.all([this.trust(), this.routes()]);
      return this.#opened = dialerFor({ trust, routes, world });
    });
    this.authenticator = once(async () => {
      const [settings, dialer] = await Promise.all([this.settings(), this.dialer()]);
      return createAuthenticator({ settings, dialer, world, isLookingOnly: true });
    });
  }

  /** Returns the URL of an endpoint, with the query parameters of the provider. An empty path: the base URL. */
  async endpoint(path: string): Promise<URL> {
    const { provider } = await this.settings();
    return endpointUrl(baseUrl(provider, await this.mode()), path, path === "" ? {} : provider.queryParams);
  }

  /** Returns the authorization of requests to an endpoint such as `/models`. @throws CulvertError `auth_*` */
  authorization(endpoint: string, signal: AbortSignal): Promise<ProbeAuthorization> {
    const known = this.#authorizations.get(endpoint);
    if (known !== undefined) return known;
    const made = this.#authorize(endpoint, signal);
    this.#authorizations.set(endpoint, made);
    return made;
  }

  /**
   * Returns the headers of a request: those of the provider and of the credential. Without a credential the request
   * still shows whether the server is there. May be secret.
   */
  async headers(endpoint: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const { provider } = await this.settings();
    // The checks of the credential report why there is none.
    const authorization = await orUndefined(this.authorization(endpoint, signal));
    return mergeHeaders(
      provider.headers,
      authorization?.kind === "headers" ? authorization.authorization.headers : {},
    );
  }

  /** Returns the probe of the route to the API. @throws as {@link trust} and {@link route} */
  routeProbe(signal: AbortSignal): Promise<RouteProbe> {
    return this.#routeProbe ??= this.#startRouteProbe(signal);
  }

  /** Returns the reply to `GET models`. @throws CulvertError of the network and TLS codes */
  modelList(signal: AbortSignal): Promise<ProbeReply> {
    return this.#modelList ??= requestModelList(this, signal);
  }

  /** Returns the reply to `GET models` if it was requested and came. */
  async receivedModelList(): Promise<ProbeReply | undefined> {
    return this.#modelList === undefined ? undefined : await orUndefined(this.#modelList);
  }

  /** Returns how requests authenticate; `none` without a credential. It decides the default base URL. */
  async mode(): Promise<AuthMode> {
    const credential = await orUndefined(this.credential());
    return credential === undefined ? "none" : modeOf(credential);
  }

  /** Returns the time left for all checks less a reserve, ms, at least 1. */
  timeLeft(reserveMs = 0): number {
    return Math.max(1, this.#endsAt - this.world.monotonic() - reserveMs);
  }

  /** Closes what was opened. */
  close(): void {
    this.#opened?.close();
  }

  async #findCredential(): Promise<Credential> {
    const { codexHome, provider, apiKeyFile, loginPolicy, loginStorage } = await this.settings();
    const { world } = this;
    return await findCredential({
      provider,
      world,
      loginPolicy,
      store: () => openStore({ codexHome, loginStorage, world, warn: () => {} }),
      ...(apiKeyFile === undefined ? {} : { apiKeyFile }),
    });
  }

  async #authorize(endpoint: string, signal: AbortSignal): Promise<ProbeAuthorization> {
    const [credential, authenticator] = await Promise.all([this.credential(), this.authenticator()]);
    const { world } = this;
    const timeLeftMs = this.timeLeft(AUTHORIZATION_RESERVE_MS);
    return await authorizeProbe({ credential, authenticator, world, timeLeftMs, signal }, endpoint);
  }

  async #startRouteProbe(signal: AbortSignal): Promise<RouteProbe> {
    const [url, route, trust] = await Promise.all([this.base(), this.route(), this.trust()]);
    const { world } = this;
    return new RouteProbe({ url, route, trust }, { trust, world, userAgent: userAgent(world) }, signal);
  }
}

/** Time kept for the requests that follow the authorization, ms. */
const AUTHORIZATION_RESERVE_MS = 1_500;

/** Returns a function that calls `make` at its first call and always returns the same promise. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Returns the result, or `undefined` for a {@link CulvertError}: the check that it belongs to reports it. */
export async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof CulvertError) return undefined;
    throw error;
  }
}

/**
 * The state that the checks of one run share. Each part is computed once, on first use.
 *
 * @module
 */
import type { ApiConnection } from "../api/send_request.ts";
import type { AuthMode } from "../auth/authenticator.ts";
import { type Credential, MODES } from "../auth/credential.ts";
import { addHeaders } from "../config/provider.ts";
import type { Settings, SharedFlags } from "../config/settings.ts";
import { dialerFor, identityFor, routesFor, trustFor } from "../connect/connect.ts";
import { createAuthenticator, type SessionAuthenticator } from "../connect/create_authenticator.ts";
import { userAgent } from "../connect/user_agent.ts";
import type { ClientIdentity } from "../net/client_identity.ts";
import type { Dialer } from "../net/dialer/dialer.ts";
import { SILENT } from "../net/observer.ts";
import type { Route } from "../net/route/route.ts";
import type { RouteTableResult } from "../net/route/route_table.ts";
import { baseUrl, endpointUrl } from "../responses/request/url.ts";
import type { RootsReader } from "../trust/roots/roots_reader.ts";
import type { TrustStore } from "../trust/trust_store.ts";
import type { World } from "../world/world.ts";
import { Commands } from "./commands.ts";
import { once, orUndefined } from "./lazy.ts";
import { authorizeProbe, type ProbeAuthorization } from "./probe/authorization.ts";
import { credentialOf } from "./probe/credential_facts.ts";
import { requestModelList } from "./probe/model_list.ts";
import { probeAuthenticator } from "./probe/probe_authenticator.ts";
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
  /** Headers of requests to the provider in addition to the configured ones, from `-H`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Reads the roots of the system and of the runtime. Default: those of this machine. */
  readonly roots?: RootsReader;
  /** Whether one short answer of the model may be requested, which costs tokens. */
  readonly spend: boolean;
  /** The end of the time limit for all checks, on the monotonic clock, ms. */
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
  /**
   * The client certificate; `undefined` if none is configured.
   *
   * @throws CulvertError `input_unreadable`, `config`
   */
  readonly identity: () => Promise<ClientIdentity | undefined>;
  /** @throws as {@link trust}, {@link routes} and {@link identity} */
  readonly dialer: () => Promise<Dialer>;
  /** Sends requests with the credential of a turn and renews nothing. @throws as {@link settings}, {@link dialer} */
  readonly connection: () => Promise<ApiConnection>;
  /** The base URL of the API. @throws CulvertError `config` */
  readonly base: () => Promise<URL>;
  /** @throws CulvertError `proxy_invalid`, `config` */
  readonly route: () => Promise<Route>;
  /** Command lines with the flags of this run. */
  readonly commands: () => Promise<Commands>;
  readonly #chosen: () => Promise<{ readonly settings: Settings; readonly turnFlags: SharedFlags }>;
  readonly #endsAt: number;
  /** Shared by all checks, so that a credential command runs once. */
  readonly #authenticator: () => Promise<SessionAuthenticator>;
  readonly #authorizations = new Map<string, Promise<ProbeAuthorization>>();
  #opened: Dialer | undefined;
  #routeProbe: Promise<RouteProbe> | undefined;
  #modelList: Promise<ProbeReply> | undefined;

  /** @param options what to examine */
  constructor(options: DoctorOptions) {
    const { world, flags, roots, headers = {} } = options;
    this.world = world;
    this.flags = flags;
    this.spend = options.spend;
    this.#endsAt = options.endsAt;
    this.#chosen = once(async () => {
      const chosen = options.settings === undefined
        ? await settingsForUrl(flags, world)
        : { settings: options.settings, turnFlags: flags };
      const provider = addHeaders(chosen.settings.provider, headers);
      return { ...chosen, settings: { ...chosen.settings, provider } };
    });
    this.settings = async () => (await this.#chosen()).settings;
    this.commands = once(async () => {
      const names = Object.keys(headers);
      return new Commands(flags, (await orUndefined(this.#chosen()))?.turnFlags, names);
    });
    this.trust = once(() =>
      trustFor(flags, world, { countMozilla: true, ...(roots === undefined ? {} : { roots }) })
    );
    this.routes = once(() => routesFor(flags, world));
    this.identity = once(async () => await identityFor(await this.settings()));
    this.credential = once(async () => await credentialOf(await this.settings(), world));
    this.base = once(async () => await this.endpoint(""));
    this.route = once(async () => (await this.routes()).routes.resolve(await this.base()));
    this.dialer = once(async () => {
      const [trust, { routes }, identity] = await Promise.all([this.trust(), this.routes(), this.identity()]);
      return this.#opened = dialerFor({ trust, routes, world, identity });
    });
    this.#authenticator = once(async () => {
      const [settings, dialer] = await Promise.all([this.settings(), this.dialer()]);
      return createAuthenticator({ settings, dialer, world, isLookingOnly: true });
    });
    this.connection = once(async () => {
      const [settings, dialer] = await Promise.all([this.settings(), this.dialer()]);
      const authenticator = probeAuthenticator({
        authorization: (endpoint, signal) => this.authorization(endpoint, signal),
        mode: () => this.mode(),
      });
      return { settings, dialer, world, authenticator, observer: SILENT };
    });
  }

  /** Returns the URL of an endpoint, with the query parameters of the provider. An empty path: the base URL. */
  async endpoint(path: string): Promise<URL> {
    const { provider } = await this.settings();
    return endpointUrl(baseUrl(provider, await this.mode()), path, path === "" ? {} : provider.queryParams);
  }

  /** Returns the authorization of requests to an endpoint such as `/models`. @throws CulvertError `auth_*` */
  authorization(endpoint: string, signal?: AbortSignal): Promise<ProbeAuthorization> {
    const known = this.#authorizations.get(endpoint);
    if (known !== undefined) return known;
    const made = this.#authorize(endpoint, signal);
    this.#authorizations.set(endpoint, made);
    return made;
  }

  /**
   * Starts the credential command of the provider, if it has one, while other checks run: it may take seconds. The
   * checks that need its output report its failure.
   */
  startCredentialCommand(): void {
    const start = async () => {
      const { kind } = await this.credential();
      if (kind === "command") await this.authorization("/models");
    };
    start().catch(() => {});
  }

  /** Returns the probe of the route to the API. @throws as {@link trust} and {@link route} */
  routeProbe(signal: AbortSignal): Promise<RouteProbe> {
    return this.#routeProbe ??= this.#startRouteProbe(signal);
  }

  /** Returns the reply to `GET models`. @throws CulvertError of the network and TLS codes */
  modelList(signal: AbortSignal): Promise<ProbeReply> {
    return this.#modelList ??= requestModelList(this, signal);
  }

  /** Returns the reply to `GET models` if it was requested and received. */
  async receivedModelList(): Promise<ProbeReply | undefined> {
    return this.#modelList === undefined ? undefined : await orUndefined(this.#modelList);
  }

  /** Returns how requests authenticate; `none` without a credential. It decides the default base URL. */
  async mode(): Promise<AuthMode> {
    const credential = await orUndefined(this.credential());
    return credential === undefined ? "none" : MODES[credential.kind];
  }

  /** Returns the remaining time for all checks minus a reserve, ms, at least 1. */
  timeLeft(reserveMs = 0): number {
    return Math.max(1, this.#endsAt - this.world.monotonic() - reserveMs);
  }

  /** Closes all connections. */
  close(): void {
    this.#opened?.close();
  }

  async #authorize(endpoint: string, signal: AbortSignal | undefined): Promise<ProbeAuthorization> {
    const [credential, authenticator, dialer] = await Promise.all([
      this.credential(),
      this.#authenticator(),
      this.dialer(),
    ]);
    const { world } = this;
    const timeLeftMs = this.timeLeft(AUTHORIZATION_RESERVE_MS);
    return await authorizeProbe({ credential, authenticator, dialer, world, timeLeftMs, signal }, endpoint);
  }

  async #startRouteProbe(signal: AbortSignal): Promise<RouteProbe> {
    const [url, route, trust, identity] = await Promise.all([
      this.base(),
      this.route(),
      this.trust(),
      this.identity(),
    ]);
    const { world } = this;
    const parts = { trust, world, userAgent: userAgent(world), identity };
    return new RouteProbe({ url, route, trust }, parts, signal);
  }
}

/** Time kept for the requests that follow the authorization, ms. */
const AUTHORIZATION_RESERVE_MS = 1_000;

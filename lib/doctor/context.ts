/**
 * What the checks share. Everything is found out when it is first asked for, and once: two checks that look at the
 * same reply look at one reply.
 *
 * @module
 */
import type { AuthMode, Authorization } from "../auth/authenticator.ts";
import { openStore } from "../auth/store/open_store.ts";
import { findCredential } from "../auth/policy/find_credential.ts";
import { type Credential } from "../auth/credential.ts";
import type { Settings, SharedFlags } from "../config/settings.ts";
import { dialerFor, routesFor, trustFor } from "../connect/connect.ts";
import { userAgent } from "../connect/user_agent.ts";
import { CulvertError } from "../errors.ts";
import type { Dialer } from "../net/dialer/dialer.ts";
import type { Route } from "../net/route/route.ts";
import type { RouteTableResult } from "../net/route/route_table.ts";
import { baseUrl, endpointUrl } from "../responses/request/url.ts";
import type { RootsReader } from "../trust/roots/roots_reader.ts";
import type { TrustStore } from "../trust/trust_store.ts";
import type { World } from "../world/world.ts";
import type { ForeignTime } from "./checks/clock.ts";
import { modeOf } from "./examination/credential_facts.ts";
import { introduce, type Introduction } from "./report/introduction.ts";
import { askModelList, type ModelListReply } from "./examination/model_list.ts";
import type { Way } from "./examination/way.ts";

/** What is to be examined. */
export interface DoctorOptions {
  readonly world: World;
  readonly flags: SharedFlags;
  /** Default: what flags, environment and configuration file come to. */
  readonly settings?: Settings;
  /** Reads the roots of the system and of the runtime. Default: those of this machine. */
  readonly roots?: RootsReader;
  /** Whether one short answer may be asked of the model, which costs tokens. */
  readonly spend: boolean;
  /** When the time of all checks is over, by the world's monotonic clock, ms. */
  readonly endsAt: number;
}

/** The shared facts of one examination. */
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
  /** Base URL of the API. @throws CulvertError `config` */
  readonly base: () => Promise<URL>;
  /** @throws CulvertError `proxy_invalid`, `config` */
  readonly route: () => Promise<Route>;
  /** @throws as {@link trust} and {@link routes} */
  readonly dialer: () => Promise<Dialer>;
  /** How requests introduce themselves. Never renews a login: a doctor changes nothing. */
  readonly introduction: () => Promise<Introduction>;
  readonly #endsAt: number;
  #opened: Dialer | undefined;
  #way: Promise<Way> | undefined;
  #reply: Promise<ModelListReply> | undefined;

  /** @param options what is to be examined */
  constructor(options: DoctorOptions) {
    const { world, flags, roots } = options;
    this.world = world;
    this.flags = flags;
    this.spend = options.spend;
    this.#endsAt = options.endsAt;
    this.settings = once(async () => {
      if (options.settings !== undefined) return options.settings;
      const { settingsFor } = await import("./target.ts");
      return await settingsFor(flags, world);
    });
    this.trust = once(() =>
      trustFor(flags, world, { countMozilla: true, ...(roots === undefined ? {} : { roots }) })
    );
    this.routes = once(() => routesFor(flags, world));
    this.credential = once(async () => {
      const { codexHome, provider, apiKeyFile, loginPolicy, loginStorage } = await this.settings();
      return await findCredential({
        provider,
        world,
        loginPolicy,
        store: () => openStore({ codexHome, loginStorage, world, warn: () => {} }),
        ...(apiKeyFile === undefined ? {} : { apiKeyFile }),
      });
    });
    this.base = once(async () => {
      const { provider } = await this.settings();
      return endpointUrl(baseUrl(provider, await this.mode()), "", {});
    });
    this.route = once(async () => (await this.routes()).routes.resolve(await this.base()));
    this.dialer = once(async () => {
      const [trust, { routes }] = await Promise.all([this.trust(), this.routes()]);
      this.#opened = dialerFor({ trust, routes, world });
      return this.#opened;
    });
    this.introduction = once(async () => {
      const [credential, settings, dialer] = await Promise.all([
        this.credential(),
        this.settings(),
        this.dialer(),
      ]);
      return await introduce({ credential, settings, dialer, world });
    });
  }

  /** An endpoint under the base, with the provider's query parameters. */
  async endpoint(path: string): Promise<URL> {
    const { provider } = await this.settings();
    return endpointUrl(baseUrl(provider, await this.mode()), path, provider.queryParams);
  }

  /**
   * Headers of a request to the API: the provider's own, and the credential's where it can be had. Without one a
   * server still shows that it is there. May be secret.
   */
  async headers(): Promise<Readonly<Record<string, string>>> {
    const { provider } = await this.settings();
    return { ...provider.headers, ...(await this.#authorization())?.headers };
  }

  async #authorization(): Promise<Authorization | undefined> {
    try {
      const introduction = await this.introduction();
      return introduction.kind === "headers" ? introduction.authorization : undefined;
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      // The check of the credentials says what is wrong with them.
      return undefined;
    }
  }

  /** The way to the API. @throws as {@link trust} and {@link route} */
  way(signal: AbortSignal): Promise<Way> {
    this.#way ??= this.#findWay(signal);
    return this.#way;
  }

  /** The reply to `GET models`, asked for once. @throws CulvertError of the network and TLS codes */
  reply(signal: AbortSignal): Promise<ModelListReply> {
    this.#reply ??= askModelList(this, signal);
    return this.#reply;
  }

  /** What time a server said it is, if one was asked. */
  async foreignTime(): Promise<ForeignTime | undefined> {
    // A reply that never came is the finding of another check.
    const reply = await this.#reply?.catch(() => undefined);
    const theirs = Date.parse(reply?.headers.get("date") ?? "");
    return reply === undefined || Number.isNaN(theirs)
      ? undefined
      : { theirs, ours: reply.at, by: reply.url.host };
  }

  /** How requests authenticate; `none` where the credential cannot be had. It decides the default base. */
  async mode(): Promise<AuthMode> {
    try {
      return modeOf(await this.credential());
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      // The check of the credentials says what is wrong with them.
      return "none";
    }
  }

  /** What is left of the time of all checks, ms, kept above `reserveMs` less. */
  timeLeft(reserveMs = 0): number {
    return Math.max(1, this.#endsAt - this.world.monotonic() - reserveMs);
  }

  /** Lets go of what was opened. */
  close(): void {
    this.#opened?.close();
  }

  async #findWay(signal: AbortSignal): Promise<Way> {
    const [{ Way }, url, route, trust] = await Promise.all([
      import("./examination/way.ts"),
      this.base(),
      this.route(),
      this.trust(),
    ]);
    return new Way(
      { url, route, trust },
      { trust, world: this.world, userAgent: userAgent(this.world) },
      signal,
    );
  }
}

/** Calls the function once and gives everyone the same promise. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/**
 * The composition root: builds trust store, routes, dialer and authenticator from settings. The command line,
 * `createClient`, the doctor and the report all use these functions, so that one configuration gives the same
 * requests everywhere.
 *
 * @module
 */
import type { Authenticator } from "../auth/authenticator.ts";
import { variableLabel } from "../config/environment/layered_world.ts";
import { addSecretsInForce } from "../config/environment/secrets_in_force.ts";
import type { Settings } from "../config/settings.ts";
import { createDialer } from "../net/dialer/create_dialer.ts";
import type { Dialer } from "../net/dialer/dialer.ts";
import { hidingWarning } from "../net/dialer/env_permission.ts";
import type { ClientIdentity } from "../net/client_identity.ts";
import type { TapFactory } from "../net/exchange_tap.ts";
import { type Observer, SILENT } from "../net/observer.ts";
import { createRouteTable, type RouteTableResult } from "../net/route/route_table.ts";
import { secretsAround } from "../redaction/environment_secrets.ts";
import type { Secrets } from "../redaction/secrets.ts";
import { loadTrust } from "../trust/load_trust.ts";
import type { RootsReader } from "../trust/roots/roots_reader.ts";
import { rootsReader } from "../trust/roots/system_roots.ts";
import type { TrustStore } from "../trust/trust_store.ts";
import type { Warning } from "../warning.ts";
import type { World } from "../world/world.ts";
import type { AttestationProvider } from "./attestation.ts";
import type { IdentityPaths } from "./client_identity.ts";
import { createAuthenticator, type SessionAuthenticator } from "./create_authenticator.ts";
import { userAgent } from "./user_agent.ts";

/** Options of {@link connect}. */
export interface ConnectOptions<A extends Authenticator = SessionAuthenticator> {
  /** Receives every observation. Default: observations are ignored. */
  readonly observer?: Observer;
  /** Creates the tap of each exchange, for a capture. Default: nothing is recorded. */
  readonly tap?: TapFactory;
  /**
   * Receives warnings for the user about the configuration, the roots and the credential. Default: they are
   * ignored.
   */
  readonly warn?: (warning: Warning) => void;
  /** Receives every secret in settings, environment and credential. Default: a new register. */
  readonly secrets?: Secrets;
  /**
   * Creates the authenticator. Default: {@link createAuthenticator}, which finds the credential in settings,
   * environment and stored login.
   */
  readonly authenticator?: (parts: AuthenticatorParts) => A;
  /** Certificates to trust as PEM text, instead of a file that a flag or a variable names. */
  readonly caCertPem?: string;
  /** Returns attestations, instead of the command that the settings name. */
  readonly attestation?: AttestationProvider;
}

/** The parts that an authenticator is created from. */
export interface AuthenticatorParts {
  readonly settings: Settings;
  readonly dialer: Dialer;
  readonly world: World;
  readonly observer: Observer;
  readonly warn: (warning: Warning) => void;
  /** Registers work that must finish before the process ends, such as saving a renewed login. */
  readonly hold: (work: Promise<unknown>) => void;
}

/** The parts that a request needs. No connection is opened before the first request. */
export interface Connection<A extends Authenticator = SessionAuthenticator> extends AsyncDisposable {
  readonly settings: Settings;
  readonly world: World;
  readonly trust: TrustStore;
  readonly routes: RouteTableResult["routes"];
  readonly dialer: Dialer;
  readonly authenticator: A;
  readonly observer: Observer;
  /** The known secrets, for redactors. */
  readonly secrets: Secrets;
  /** Registers work that {@link Connection.finish} waits for. */
  readonly hold: (work: Promise<unknown>) => void;
  /** Waits for the registered work that has not finished; `undefined` if there is none. Never rejects. */
  readonly finish: () => Promise<void> | undefined;
  /** Closes the idle connections. Running turns are not ended. */
  readonly close: () => void;
}

/**
 * Builds a connection from settings.
 *
 * @param settings the settings in force
 * @param world the process
 * @throws CulvertError `ca_unreadable`, `ca_invalid`, `proxy_invalid`; `input_unreadable` and `config` for the client
 *   certificate
 */
export function connect(settings: Settings, world: World, options?: ConnectOptions): Promise<Connection>;
export function connect<A extends Authenticator>(
  settings: Settings,
  world: World,
  options: ConnectOptions<A> & Required<Pick<ConnectOptions<A>, "authenticator">>,
): Promise<Connection<A>>;
export async function connect(
  settings: Settings,
  world: World,
  options: ConnectOptions<Authenticator> = {},
): Promise<Connection<Authenticator>> {
  const { observer = SILENT, warn = () => {}, authenticator = createAuthenticator } = options;
  const secrets = options.secrets ?? secretsAround(world.env);
  addSecretsInForce(secrets, settings, world);
  const [trust, { routes, warnings }, identity] = await Promise.all([
    trustFor(settings, world, options.caCertPem === undefined ? {} : { pem: options.caCertPem }),
    routesFor(settings, world),
    identityFor(settings),
  ]);
  const hiding = hidingWarning() ?? [];
  [...settings.warnings, ...trust.warnings, ...warnings].concat(hiding).forEach((each) => warn(each));
  const dialer = dialerFor({
    ...{ trust, routes, world, observer, identity },
    ...(options.tap === undefined ? {} : { tap: options.tap }),
  });
  const held = new Set<Promise<unknown>>();
  const hold = (work: Promise<unknown>) => {
    const forget = () => held.delete(work);
    held.add(work);
    work.then(forget, forget);
  };
  const finish = () => held.size === 0 ? undefined : Promise.allSettled(held).then(() => {});
  return {
    settings,
    world,
    trust,
    routes,
    dialer,
    authenticator: await attested(
      registering(authenticator({ settings, dialer, world, observer, warn, hold }), secrets),
      { settings, secrets, observer, world, provide: options.attestation },
    ),
    observer,
    secrets,
    hold,
    finish,
    close: () => dialer.close(),
    [Symbol.asyncDispose]: async () => {
      await finish();
      dialer.close();
    },
  };
}

/** Adds the credential of each request to the register of secrets. */
function registering<A extends Authenticator>(authenticator: A, secrets: Secrets): A {
  return {
    ...authenticator,
    authorize: async (...request: Parameters<Authenticator["authorize"]>) => {
      const authorization = await authenticator.authorize(...request);
      secrets.addHeaders(authorization.headers);
      return authorization;
    },
  };
}

/** Adds attestations if a provider of them is configured. */
async function attested<A extends Authenticator>(
  authenticator: A,
  parts: Pick<AuthenticatorParts, "settings" | "observer" | "world"> & {
    readonly secrets: Secrets;
    readonly provide: AttestationProvider | undefined;
  },
): Promise<A> {
  const { settings: { attestation: command, provider }, world } = parts;
  if (parts.provide === undefined && command === undefined) return authenticator;
  const { commandAttestation, withAttestation } = await import("./attestation.ts");
  const provide = parts.provide ?? (command && commandAttestation(command, world));
  return provide === undefined
    ? authenticator
    : withAttestation(authenticator, { ...parts, provide, provider });
}

/**
 * Loads the roots that every connection trusts.
 *
 * @param settings `caCert` is the value of `--ca-cert`
 * @param options `flagName` names what gave `caCert` in errors, by default `--ca-cert`; `countMozilla` also counts Mozilla's roots, which costs about 15 ms of processor time;
 *   `roots` reads the roots of the system and of the runtime, by default those of this machine; `pem` is a bundle as
 *   text, instead of the one that a flag or a variable names
 * @throws CulvertError `ca_unreadable`, `ca_invalid`
 */
export function trustFor(
  { caCert }: Pick<Settings, "caCert">,
  world: World,
  options: {
    readonly flagName?: string;
    readonly countMozilla?: boolean;
    readonly roots?: RootsReader;
    readonly pem?: string;
  } = {},
): Promise<TrustStore> {
  return loadTrust({ roots: rootsReader({ world }), ...options, flag: caCert, world });
}

/**
 * Builds the routes from `--proxy` and the proxy variables.
 *
 * @throws CulvertError `proxy_invalid` for `--proxy`
 */
export function routesFor({ proxy }: Pick<Settings, "proxy">, world: World): Promise<RouteTableResult> {
  const label = (name: string) => variableLabel(world, name);
  return createRouteTable({ env: world.env, label, ...(proxy === undefined ? {} : { proxy }) });
}

/**
 * Reads the client certificate that the settings name.
 *
 * @returns `undefined` if they name none
 * @throws CulvertError `input_unreadable`, `config`
 */
export async function identityFor(paths: IdentityPaths): Promise<ClientIdentity | undefined> {
  if (paths.clientCert === undefined) return undefined;
  const { readIdentity } = await import("./client_identity.ts");
  return await readIdentity(paths);
}

/** The parts that {@link dialerFor} uses. */
export interface DialerParts {
  readonly trust: TrustStore;
  readonly routes: RouteTableResult["routes"];
  readonly world: World;
  readonly observer?: Observer;
  readonly tap?: TapFactory;
  /** The client certificate, from {@link identityFor}. */
  readonly identity?: ClientIdentity | undefined;
}

/** Builds the dialer. Opens no connection. */
export function dialerFor(parts: DialerParts): Dialer {
  return createDialer({ ...parts, userAgent: userAgent(parts.world) });
}

/**
 * Makes the {@link Authenticator} of a session out of settings, environment and stored login, and of loaders for
 * what only one kind of credential needs.
 *
 * @module
 */
import type { Provider } from "../config/provider.ts";
import type { LoginPolicy, LoginStorage } from "../config/settings.ts";
import { CulvertError } from "../errors.ts";
import type { Dialer } from "../net/dialer/dialer.ts";
import { type Observer, SILENT } from "../net/observer.ts";
import type { Secrets } from "../redaction/secrets.ts";
import type { Warning } from "../warning.ts";
import type { World } from "../world/world.ts";
import type { ActiveCredential, CredentialFacts, Renewal } from "../auth/recovery/active_credential.ts";
import { authEndpoints } from "../auth/chatgpt/auth_endpoints.ts";
import { accountFacts, baseUrlClass, bearerHeaders, isBackendMode } from "../auth/auth_headers.ts";
import type { Authenticator, TurnRecovery } from "../auth/authenticator.ts";
import { findCredential } from "../auth/policy/find_credential.ts";
import { type Credential } from "../auth/credential.ts";
import type { CredentialStore } from "../auth/credential_store.ts";
import { readClaims } from "../auth/jwt_claims.ts";
import { accountObjection, forbidden, LOGIN_POLICY, objection } from "../auth/policy/login_policy.ts";
import type { ManagedLogin } from "../auth/chatgpt/managed_login.ts";
import { openStore } from "../auth/store/open_store.ts";
import { Recovery } from "../auth/recovery/recovery.ts";
import { describeCredential } from "../auth/recovery/rejection_report.ts";
import { singleFlight } from "../async/single_flight.ts";

/** What an authenticator is made of. */
export interface AuthenticatorOptions {
  readonly settings: {
    readonly codexHome: string;
    readonly provider: Provider;
    readonly apiKeyFile?: string;
    readonly chatgptBaseUrl?: string;
    readonly loginPolicy?: LoginPolicy;
    readonly useAgentIdentity?: boolean;
    readonly loginStorage?: LoginStorage;
  };
  readonly dialer: Dialer;
  readonly world: World;
  readonly observer?: Observer;
  /** Receives what the user should know: a login that could not be saved, a wrong clock. */
  readonly warn?: (warning: Warning) => void;
  /** Receives the headers of every authorization. Default: none does. */
  readonly secrets?: Secrets;
  /** As in {@link ManagedLoginOptions}. Default: nobody ends the process. */
  readonly hold?: ((work: Promise<unknown>) => void) | undefined;
  /**
   * Leaves a stored login that the configuration does not allow where it is, and registers no agent. Default: it is
   * removed, and one is registered where the configuration asks for it.
   */
  readonly isLookingOnly?: boolean;
}

/** An authenticator that can also say what it uses. */
export interface SessionAuthenticator extends Authenticator {
  /** What is in use; `undefined` before the first `authorize()`. */
  readonly facts: () => CredentialFacts | undefined;
  readonly startTurn: () => TurnRecovery & Pick<Recovery, "mode" | "step">;
}

type OpenStore = () => Promise<CredentialStore>;

/**
 * Makes an authenticator. The credential is looked up at the first request, once.
 *
 * @param options what it stands on
 */
export function createAuthenticator(options: AuthenticatorOptions): SessionAuthenticator {
  let active: ActiveCredential | undefined;
  const find = async (signal: AbortSignal): Promise<ActiveCredential> => {
    const { world, settings: { codexHome, loginStorage, provider }, warn = () => {} } = options;
    let opened: Promise<CredentialStore> | undefined;
    const store = () => (opened ??= openStore({ codexHome, loginStorage, world, warn }));
    const credential = await findAllowed(store, options, signal);
    const found = await activate(credential, store, options);
    const misroute = misrouteOf(found, provider);
    if (misroute !== undefined) options.warn?.(misroute);
    return found;
  };
  // A failed look-up is not kept: a login made meanwhile counts.
  const look = singleFlight(find);
  return {
    authorize: async (signal, endpoint) => {
      active ??= await look(signal);
      const authorization = await active.authorize(signal, endpoint);
      options.secrets?.addHeaders(authorization.headers);
      return authorization;
    },
    startTurn: () => new Recovery(() => active, options.observer ?? SILENT),
    facts: () => active?.facts(),
  };
}

/** The credential. A stored one that the configuration does not allow is removed. */
async function findAllowed(
  store: OpenStore,
  options: AuthenticatorOptions,
  signal: AbortSignal,
): Promise<Credential> {
  const { settings: { provider, apiKeyFile, loginPolicy }, world } = options;
  try {
    return await findCredential({
      provider,
      world,
      store,
      loginPolicy,
      signal,
      ...(apiKeyFile === undefined ? {} : { apiKeyFile }),
    });
  } catch (error) {
    if (error instanceof CulvertError && error.details["problem"] === LOGIN_POLICY) {
      const isForbidden = (stored: Credential) => objection(loginPolicy, stored) !== undefined;
      const isStored = error.details["source"] === (await store()).source.name;
      if (isStored) await forget(store, options, isForbidden);
    }
    throw error;
  }
}

/** Removes a stored login that is not allowed, and says so; whoever only looks does not. */
async function forget(
  store: OpenStore,
  { warn, isLookingOnly }: AuthenticatorOptions,
  isForbidden: (stored: Credential) => boolean,
): Promise<void> {
  if (isLookingOnly === true) return;
  const { removeForbidden } = await import("../auth/policy/forbidden_login.ts");
  const opened = await store();
  const { name } = opened.source;
  if (!await removeForbidden(opened, isForbidden)) return;
  warn?.({ code: "auth_removed", message: `The login in ${name} was removed` });
}

/**
 * A credential of the one backend on its way to the other: it will be refused, for missing scopes or for worse
 * reasons. Any further host may be a proxy of the user's, and is nobody's business.
 */
function misrouteOf({ mode, source }: ActiveCredential, provider: Provider): Warning | undefined {
  const { baseUrl } = provider;
  if (mode === "none" || baseUrl === undefined || !URL.canParse(baseUrl)) return undefined;
  const url = new URL(baseUrl);
  const target = baseUrlClass(url);
  if (target === "custom" || (target === "chatgpt") === isBackendMode(mode)) return undefined;
  return {
    code: "auth_misrouted",
    message: `The base URL leads to ${url.host}, which does not accept ${describeCredential(mode, source)}`,
  };
}

/** Puts a credential to work. Modules that only one kind needs are loaded for that kind. */
async function activate(
  credential: Credential,
  store: OpenStore,
  options: AuthenticatorOptions,
): Promise<ActiveCredential> {
  const { source } = credential;
  const warn = options.warn ?? (() => {});
  switch (credential.kind) {
    case "none":
      return fixed("none", source, {}, "auth_manager_missing");
    case "bearer":
      return fixed("apikey", source, bearerHeaders(credential.token), "not_chatgpt_auth");
    case "command": {
      const { CommandBearer } = await import("../auth/api_key/command_bearer.ts");
      const command = new CommandBearer(credential.auth, options.world);
      return {
        mode: "apikey",
        source,
        renewal: { mode: "external", renew: async () => bearerHeaders(await command.renew()) },
        authorize: async () => ({ mode: "apikey", source, headers: bearerHeaders(await command.current()) }),
        presentHeaders: () => undefined,
        facts: () => ({ mode: "apikey", source }),
      };
    }
    case "personal_access_token": {
      const { findOwner } = await import("../auth/api_key/personal_access_token.ts");
      const { codexHome, loginPolicy } = options.settings;
      const { dialer, world } = options;
      const endpoints = authEndpoints(world.env);
      const owner = await findOwner({ token: credential.token, codexHome, dialer, world, endpoints, warn });
      const demand = accountObjection(loginPolicy, [owner.accountId]);
      if (demand !== undefined) {
        const isForbidden = (stored: Credential) =>
          stored.kind === credential.kind && stored.token === credential.token;
        // Where nobody could be asked whose it is, it may be the right one.
        if (owner.accountId !== undefined) await forget(store, options, isForbidden);
        throw forbidden(`the personal access token from ${source.name}`, demand, source.name);
      }
      return fixed(
        "personalAccessToken",
        source,
        bearerHeaders(credential.token, owner),
        "not_refreshable_auth",
      );
    }
    case "agent_identity": {
      const { AgentIdentity } = await import("../auth/agent/agent_identity.ts");
      const { chatgptBaseUrl } = options.settings;
      const agent = new AgentIdentity({
        identity: credential.identity,
        dialer: options.dialer,
        world: options.world,
        endpoints: authEndpoints(options.world.env),
        ...(chatgptBaseUrl === undefined ? {} : { chatgptBaseUrl }),
      });
      return {
        mode: "agentIdentity",
        source,
        renewal: { mode: "none", reason: "not_chatgpt_auth" },
        authorize: async (signal) => ({
          mode: "agentIdentity",
          source,
          headers: await agent.headers(signal),
          agent: await agent.facts(),
        }),
        presentHeaders: () => undefined,
        facts: () => ({ mode: "agentIdentity", source }),
      };
    }
    case "managed": {
      const found = managed(
        await import("../auth/chatgpt/managed_login.ts"),
        credential,
        await store(),
        options,
        warn,
      );
      const signs = options.settings.useAgentIdentity === true && options.isLookingOnly !== true;
      return signs
        ? signedBy(await import("../auth/agent/agent_login.ts"), found, await store(), options, warn)
        : found;
    }
  }
}

function fixed(
  mode: "none" | "apikey" | "personalAccessToken",
  source: ActiveCredential["source"],
  headers: Readonly<Record<string, string>>,
  reason: "auth_manager_missing" | "not_chatgpt_auth" | "not_refreshable_auth",
): ActiveCredential {
  return {
    mode,
    source,
    renewal: { mode: "none", reason },
    authorize: () => Promise.resolve({ mode, source, headers }),
    presentHeaders: () => headers,
    facts: () => ({ mode, source }),
  };
}

/** A ChatGPT login at work. */
interface ManagedCredential extends ActiveCredential {
  readonly renewal: Extract<Renewal, { mode: "managed" }>;
  readonly login: ManagedLogin;
}

function managed(
  { ManagedLogin }: typeof import("../auth/chatgpt/managed_login.ts"),
  credential: Extract<Credential, { kind: "managed" }>,
  store: CredentialStore,
  options: AuthenticatorOptions,
  warn: (warning: Warning) => void,
): ManagedCredential {
  const { record, source } = credential;
  const { dialer, world } = options;
  const endpoints = authEndpoints(world.env);
  const observer = options.observer ?? SILENT;
  const { hold } = options;
  const login = new ManagedLogin({ store, record, dialer, world, endpoints, observer, warn, hold });
  const present = () => bearerHeaders(login.record.tokens?.accessToken ?? "", accountFacts(login.record));
  return {
    mode: "chatgpt",
    source,
    login,
    renewal: { mode: "managed", login },
    authorize: async (signal) => {
      await login.current(signal);
      return { mode: "chatgpt", source, headers: present() };
    },
    presentHeaders: present,
    facts: () => {
      const claims = readClaims(login.record.tokens?.accessToken ?? "");
      return {
        mode: "chatgpt",
        source,
        ...(claims?.issuedAt === undefined ? {} : { issuedAt: claims.issuedAt }),
        ...(claims?.expiresAt === undefined ? {} : { expiresAt: claims.expiresAt }),
      };
    },
  };
}

/** A login for which an agent signs, as long as there is one. */
function signedBy(
  { AgentLogin }: typeof import("../auth/agent/agent_login.ts"),
  managed: ManagedCredential,
  store: CredentialStore,
  options: AuthenticatorOptions,
  warn: (warning: Warning) => void,
): ActiveCredential {
  const { dialer, world, observer = SILENT, settings: { chatgptBaseUrl } } = options;
  const endpoints = authEndpoints(world.env);
  const agent = new AgentLogin({
    login: managed.login,
    store,
    dialer,
    world,
    endpoints,
    observer,
    warn,
    hold: options.hold,
    ...(chatgptBaseUrl === undefined ? {} : { chatgptBaseUrl }),
  });
  return {
    ...managed,
    renewal: { ...managed.renewal, agent: (refused) => agent.instead(refused) },
    authorize: async (signal, endpoint) => {
      const signed = endpoint === "/models" ? undefined : await agent.sign(signal);
      return signed === undefined
        ? await managed.authorize(signal)
        : { mode: "agentIdentity", source: managed.source, ...signed };
    },
  };
}

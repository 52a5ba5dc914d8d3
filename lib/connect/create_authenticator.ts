/**
 * Builds the {@link Authenticator} of a session from settings, environment and stored login.
 *
 * @module
 */
import { singleFlight } from "../async/single_flight.ts";
import { bearerHeaders, isMisrouted } from "../auth/auth_headers.ts";
import type { Authenticator, TurnRecovery } from "../auth/authenticator.ts";
import { authEndpoints } from "../auth/chatgpt/auth_endpoints.ts";
import type { Credential } from "../auth/credential.ts";
import type { CredentialStore } from "../auth/store/credential_store.ts";
import { findCredential, removeForbidden } from "../auth/policy/find_credential.ts";
import { LOGIN_POLICY, objection } from "../auth/policy/login_policy.ts";
import {
  type ActiveCredential,
  type CredentialFacts,
  fixedCredential,
} from "../auth/recovery/active_credential.ts";
import type { Recovery } from "../auth/recovery/recovery.ts";
import { openStore } from "../auth/store/open_store.ts";
import type { Provider } from "../config/provider.ts";
import type { LoginPolicy, LoginStorage } from "../config/settings.ts";
import { CulvertError } from "../errors.ts";
import type { Dialer } from "../net/dialer/dialer.ts";
import { type Observer, SILENT } from "../net/observer.ts";
import type { Warning } from "../warning.ts";
import type { World } from "../world/world.ts";

/** Options of {@link createAuthenticator}. */
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
  /** Receives warnings for the user, such as about a login that could not be saved. */
  readonly warn?: (warning: Warning) => void;
  /** Registers work that must finish before the process ends. */
  readonly hold?: ((work: Promise<unknown>) => void) | undefined;
  /**
   * Whether nothing is changed: a stored login that the configuration forbids is not removed, and no agent is
   * registered. Default false.
   */
  readonly isLookingOnly?: boolean;
}

/** An authenticator that also reports its credential. */
export interface SessionAuthenticator extends Authenticator {
  /** Returns the credential in use; `undefined` before the first `authorize()`. */
  readonly facts: () => CredentialFacts | undefined;
}

/** The options with their defaults, and the store. */
interface Parts extends AuthenticatorOptions {
  readonly observer: Observer;
  readonly warn: (warning: Warning) => void;
  /** Opens the store at the first call. */
  readonly store: () => Promise<CredentialStore>;
}

/** Creates an authenticator. The credential is looked up once, at the first request. */
export function createAuthenticator(options: AuthenticatorOptions): SessionAuthenticator {
  const { observer = SILENT, warn = () => {}, world, settings: { codexHome, loginStorage, provider } } =
    options;
  let active: ActiveCredential | undefined;
  // A failure is not cached, because the user may sign in meanwhile.
  const find = singleFlight(async (signal) => {
    let opened: Promise<CredentialStore> | undefined;
    const store = () => (opened ??= openStore({ codexHome, loginStorage, world, warn }));
    const parts: Parts = { ...options, observer, warn, store };
    const found = await activate(await findAllowed(parts, signal), parts, signal);
    const misroute = await misrouteOf(found, provider);
    if (misroute !== undefined) warn(misroute);
    return found;
  });
  return {
    authorize: async (signal, endpoint) => {
      active ??= await find(signal);
      const { mode, source } = active;
      return { mode, source, ...await active.authorize(signal, endpoint) };
    },
    startTurn: () => recoveryOf(() => active, observer),
    facts: () => active && { mode: active.mode, source: active.source, ...active.lifetime?.() },
  };
}

/** Returns the recovery of one turn. It is loaded at the first 401. */
function recoveryOf(credential: () => ActiveCredential | undefined, observer: Observer): TurnRecovery {
  let recovery: Promise<Recovery> | undefined;
  const load = async () => {
    const { Recovery } = await import("../auth/recovery/recovery.ts");
    return new Recovery(credential, observer);
  };
  return {
    recover: async (rejection, signal) => await (await (recovery ??= load())).recover(rejection, signal),
  };
}

/** Finds the credential. Removes a stored one that the configuration forbids. */
async function findAllowed(parts: Parts, signal: AbortSignal): Promise<Credential> {
  const { settings: { provider, apiKeyFile, loginPolicy }, world, store } = parts;
  try {
    return await findCredential({ provider, world, store, loginPolicy, signal, apiKeyFile });
  } catch (error) {
    if (error instanceof CulvertError && error.details["problem"] === LOGIN_POLICY) {
      const isStored = error.details["source"] === (await store()).source.name;
      if (isStored) await removeStored(parts, (stored) => objection(loginPolicy, stored) !== undefined);
    }
    throw error;
  }
}

/** Removes a stored login that the configuration forbids, with a warning. */
async function removeStored(
  { warn, isLookingOnly, store }: Parts,
  isForbidden: (stored: Credential) => boolean,
): Promise<void> {
  if (isLookingOnly === true) return;
  const opened = await store();
  const { name } = opened.source;
  if (!await removeForbidden(opened, isForbidden)) return;
  warn({ code: "auth_removed", message: `The login in ${name} was removed` });
}

/** Returns a warning if a credential of one backend is sent to the other, which refuses it. */
async function misrouteOf(
  { mode, source }: ActiveCredential,
  { baseUrl }: Provider,
): Promise<Warning | undefined> {
  const url = baseUrl === undefined ? null : URL.parse(baseUrl);
  if (url === null || !isMisrouted(url, mode)) return undefined;
  const { describeCredential } = await import("../auth/recovery/rejection_report.ts");
  const credential = describeCredential(mode, source);
  return {
    code: "auth_misrouted",
    message: `The base URL is at ${url.host}, which does not accept ${credential}`,
  };
}

/** Prepares a credential for use. Only the modules of its kind are loaded. */
async function activate(
  credential: Credential,
  parts: Parts,
  signal: AbortSignal,
): Promise<ActiveCredential> {
  const { source } = credential;
  const { settings: { codexHome, chatgptBaseUrl, loginPolicy, useAgentIdentity }, world } = parts;
  const endpoints = () => authEndpoints(world.env, chatgptBaseUrl);
  switch (credential.kind) {
    case "none":
      return fixedCredential("none", source, {}, "auth_manager_missing");
    case "bearer":
      return fixedCredential("apikey", source, bearerHeaders(credential.token), "not_chatgpt_auth");
    case "command": {
      const { commandCredential } = await import("../auth/api_key/command_credential.ts");
      return commandCredential(credential.auth, world);
    }
    case "personal_access_token": {
      const { personalTokenCredential } = await import("../auth/api_key/personal_access_token.ts");
      const remove = () =>
        removeStored(parts, (stored) => stored.kind === credential.kind && stored.token === credential.token);
      const options = { ...parts, codexHome, loginPolicy, endpoints: endpoints(), removeStored: remove };
      return await personalTokenCredential(credential, options, signal);
    }
    case "agent_identity": {
      const { agentCredential } = await import("../auth/agent/agent_identity.ts");
      return agentCredential(credential, { ...parts, endpoints: endpoints() });
    }
    case "managed": {
      const { ManagedLogin } = await import("../auth/chatgpt/managed_login.ts");
      const note = (message: string) => parts.observer.observe({ kind: "note", level: "info", message });
      const options = { ...parts, store: await parts.store(), endpoints: endpoints(), note };
      const login = new ManagedLogin({ ...options, record: credential.record });
      if (useAgentIdentity !== true || parts.isLookingOnly === true) return login;
      const { signedCredential } = await import("../auth/agent/agent_login.ts");
      return signedCredential({ ...options, login });
    }
  }
}

/**
 * Previews the authorization of a request: no login is renewed, no command is run, and every value is masked.
 *
 * @module
 */
import { type Authorization, NO_SOURCE } from "../auth/authenticator.ts";
import { type Credential, MODES } from "../auth/credential.ts";
import { findCredential } from "../auth/policy/find_credential.ts";
import { openStore } from "../auth/store/open_store.ts";
import { CulvertError } from "../errors.ts";
import type { World } from "../world/world.ts";
import type { AuthenticatorOptions } from "./create_authenticator.ts";

const BEARER = { Authorization: "Bearer ***" };
const WITH_ACCOUNT = { ...BEARER, "ChatGPT-Account-ID": "***" };

const HEADERS: Readonly<Record<Credential["kind"], Readonly<Record<string, string>>>> = {
  none: {},
  bearer: BEARER,
  command: BEARER,
  personal_access_token: WITH_ACCOUNT,
  agent_identity: { Authorization: "AgentAssertion ***", "ChatGPT-Account-ID": "***" },
  managed: WITH_ACCOUNT,
};

/**
 * Returns the masked authorization; an empty one if there is no credential.
 *
 * @throws CulvertError `input_unreadable` for the key file, `auth_storage`; the signal's reason
 */
export async function previewAuthorization(
  settings: AuthenticatorOptions["settings"],
  world: World,
  signal?: AbortSignal,
): Promise<Authorization> {
  const { apiKeyFile, codexHome, loginPolicy, loginStorage, provider, useAgentIdentity } = settings;
  const store = () => openStore({ codexHome, loginStorage, world, warn: () => {} });
  try {
    const found = await findCredential({ provider, world, loginPolicy, signal, store, apiKeyFile });
    const isSigned = found.kind === "managed" && useAgentIdentity === true;
    const kind = isSigned ? "agent_identity" : found.kind;
    return { mode: MODES[kind], headers: HEADERS[kind], source: found.source };
  } catch (error) {
    if (!(error instanceof CulvertError) || error.code !== "auth_missing") throw error;
    return { mode: "none", headers: {}, source: NO_SOURCE };
  }
}

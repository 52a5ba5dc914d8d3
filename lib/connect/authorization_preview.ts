/**
 * Previews the authorization of a request: no login is renewed, no command is run, and every value is masked.
 *
 * @module
 */
import type { AuthMode, Authorization } from "../auth/authenticator.ts";
import type { Credential } from "../auth/credential.ts";
import { findCredential } from "../auth/policy/find_credential.ts";
import { openStore } from "../auth/store/open_store.ts";
import { CulvertError } from "../errors.ts";
import type { World } from "../world/world.ts";
import type { AuthenticatorOptions } from "./create_authenticator.ts";

const BEARER = { Authorization: "Bearer ***" };
const WITH_ACCOUNT = { ...BEARER, "ChatGPT-Account-ID": "***" };

const SHAPES: Readonly<Record<Credential["kind"], readonly [AuthMode, Readonly<Record<string, string>>]>> = {
  none: ["none", {}],
  bearer: ["apikey", BEARER],
  command: ["apikey", BEARER],
  personal_access_token: ["personalAccessToken", WITH_ACCOUNT],
  agent_identity: ["agentIdentity", { Authorization: "AgentAssertion ***", "ChatGPT-Account-ID": "***" }],
  managed: ["chatgpt", WITH_ACCOUNT],
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
    const [mode, headers] = SHAPES[isSigned ? "agent_identity" : found.kind];
    return { mode, headers, source: found.source };
  } catch (error) {
    if (!(error instanceof CulvertError) || error.code !== "auth_missing") throw error;
    return { mode: "none", headers: {}, source: { kind: "none", name: "none" } };
  }
}

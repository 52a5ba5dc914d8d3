/**
 * What would be sent as authorization, without asking anybody for it: no login is renewed, no command is run,
 * and every value is masked.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import type { World } from "../world/world.ts";
import type { AuthMode, Authorization } from "../auth/authenticator.ts";
import type { AuthenticatorOptions } from "./create_authenticator.ts";
import { findCredential } from "../auth/policy/find_credential.ts";
import { type Credential } from "../auth/credential.ts";
import { openStore } from "../auth/store/open_store.ts";

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
 * Previews the authorization of a request. Where no credential is found there is none to show, which is no
 * error: the request can be looked at all the same.
 *
 * @throws CulvertError `input_unreadable` for the key file, `auth_storage` for a stored login that cannot be read;
 *   the signal's reason
 */
export async function previewAuthorization(
  settings: AuthenticatorOptions["settings"],
  world: World,
  signal?: AbortSignal,
): Promise<Authorization> {
  const { apiKeyFile, codexHome, loginPolicy, loginStorage, provider } = settings;
  try {
    const credential = await findCredential({
      provider,
      world,
      loginPolicy,
      signal,
      store: () => openStore({ codexHome, loginStorage, world, warn: () => {} }),
      ...(apiKeyFile === undefined ? {} : { apiKeyFile }),
    });
    const isSigned = credential.kind === "managed" && settings.useAgentIdentity === true;
    const [mode, headers] = SHAPES[isSigned ? "agent_identity" : credential.kind];
    return { mode, headers, source: credential.source };
  } catch (error) {
    if (!(error instanceof CulvertError) || error.code !== "auth_missing") throw error;
    return { mode: "none", headers: {}, source: { kind: "none", name: "none" } };
  }
}

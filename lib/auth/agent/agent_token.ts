/**
 * The content of an agent identity. One in the form of a JWT must be signed by the authority.
 *
 * @module
 */
import type { AuthEndpoints } from "../chatgpt/auth_endpoints.ts";
import type { Authority } from "../chatgpt/auth_exchange.ts";
import { type JsonObject, jsonObject, textMember } from "../../text/json.ts";
import { identityFailure, requestWithRetry } from "./agent_request.ts";

const JWT_AUDIENCE = "codex-app-server";
const JWT_ISSUER = "https://chatgpt.com/codex-backend/agent-identity";
/** The only base URLs that accept agent identities. */
const KNOWN_BACKENDS = ["https://chatgpt.com/backend-api", "https://chatgpt-staging.com/backend-api"];
const KEYS_LIMIT_MS = 10_000;

/** What an identity needs for signing. */
interface AgentClaims {
  readonly runtimeId: string;
  readonly accountId: string;
  /** Ed25519 in base64 PKCS#8. Secret. */
  readonly privateKey: string;
  readonly taskId?: string;
  readonly isFedramp: boolean;
}

/** @throws CulvertError `auth_rejected` for a ChatGPT backend that agent identities are not sent to */
export function checkBackend({ chatgptBase }: AuthEndpoints): void {
  if (KNOWN_BACKENDS.includes(chatgptBase)) return;
  const host = URL.parse(chatgptBase)?.host ?? "the value of chatgpt_base_url";
  throw identityFailure(`it must not be sent to ${host}`);
}

/** Reads a record, or a verified payload. @throws CulvertError `auth_rejected` where a part is missing */
export function agentClaims(record: JsonObject): AgentClaims {
  const runtimeId = textMember(record, "agent_runtime_id");
  const accountId = textMember(record, "account_id");
  const privateKey = textMember(record, "agent_private_key");
  const taskId = textMember(record, "task_id");
  if (runtimeId === undefined || accountId === undefined || privateKey === undefined) {
    throw identityFailure("it lacks agent_runtime_id, account_id or agent_private_key");
  }
  return {
    runtimeId,
    accountId,
    privateKey,
    isFedramp: record["chatgpt_account_is_fedramp"] === true,
    ...(taskId === undefined ? {} : { taskId }),
  };
}

/**
 * Verifies signature, audience, issuer and age of an identity in the form of a JWT.
 *
 * @param token the JWT. Secret: its payload contains the private key
 * @returns the payload
 * @throws CulvertError `auth_rejected`, network codes; the signal's reason
 */
export async function verifyAgentToken(
  token: string,
  authority: Authority,
  signal?: AbortSignal,
): Promise<JsonObject> {
  const { endpoints: { agentKeysBase, chatgptBase }, world } = authority;
  const base = agentKeysBase ?? chatgptBase;
  const path = base.includes("/backend-api") ? "/wham/agent-identities/jwks" : "/agent-identities/jwks";
  const request = { method: "GET", url: new URL(base + path), headers: {} } as const;
  const reply = await requestWithRetry(authority, request, KEYS_LIMIT_MS, signal);
  const { createLocalJWKSet, errors, jwtVerify } = await import("jose");
  const { z } = await import("zod");
  const keys = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) })
    .safeParse(jsonObject(reply));
  if (!keys.success) throw identityFailure("the key set of the authorization server cannot be read");
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys.data), {
      algorithms: ["RS256"],
      audience: JWT_AUDIENCE,
      issuer: JWT_ISSUER,
      currentDate: new Date(world.now()),
    });
    return payload;
  } catch (error) {
    // The messages of jose name claims and algorithms, never values.
    if (!(error instanceof errors.JOSEError)) throw error;
    throw identityFailure(`its signature or its claims are not valid (${error.code})`);
  }
}

/**
 * The content of an agent identity. One in the form of a JWT must be signed by the authority.
 *
 * @module
 */
import { defined, type JsonObject, jsonObject, textMember } from "../../text/json.ts";
import { type AgentAuthority, requestWithRetry } from "./agent_request.ts";

const JWT_AUDIENCE = "codex-app-server";
const JWT_ISSUER = "https://chatgpt.com/codex-backend/agent-identity";
/** The only base URLs that accept agent identities. */
const KNOWN_BACKENDS = ["https://chatgpt.com/backend-api", "https://chatgpt-staging.com/backend-api"];
const KEYS_LIMIT_MS = 10_000;

/** What an identity needs for signing, and whose it is. */
interface AgentClaims {
  readonly runtimeId: string;
  readonly accountId: string;
  /** Ed25519 in base64 PKCS#8. Secret. */
  readonly privateKey: string;
  readonly taskId?: string;
  readonly isFedramp: boolean;
  readonly email?: string;
  readonly planType?: string;
}

/** @throws CulvertError `auth_rejected` for a ChatGPT backend that agent identities are not sent to */
export function checkBackend(
  { endpoints: { chatgptBase }, failure }: Pick<AgentAuthority, "endpoints" | "failure">,
): void {
  if (KNOWN_BACKENDS.includes(chatgptBase)) return;
  const host = URL.parse(chatgptBase)?.host ?? "the value of chatgpt_base_url";
  throw failure(`it must not be sent to ${host}`);
}

/**
 * Reads an identity. Signature, audience, issuer and age of a JWT are verified.
 *
 * @param identity the JWT, or the stored record. Secret: both contain the private key
 * @throws CulvertError `auth_rejected`, also where a part is missing; network codes; the signal's reason
 */
export async function agentClaims(
  identity: string | JsonObject,
  authority: AgentAuthority,
  signal?: AbortSignal,
): Promise<AgentClaims> {
  checkBackend(authority);
  const record = typeof identity === "string" ? await verifiedPayload(identity, authority, signal) : identity;
  const [runtimeId, accountId, privateKey, taskId, email, planType] = [
    "agent_runtime_id",
    "account_id",
    "agent_private_key",
    "task_id",
    "email",
    "plan_type",
  ].map((name) => textMember(record, name));
  if (runtimeId === undefined || accountId === undefined || privateKey === undefined) {
    throw authority.failure("it lacks agent_runtime_id, account_id or agent_private_key");
  }
  const isFedramp = record["chatgpt_account_is_fedramp"] === true;
  return { runtimeId, accountId, privateKey, isFedramp, ...defined({ taskId, email, planType }) };
}

async function verifiedPayload(
  token: string,
  authority: AgentAuthority,
  signal: AbortSignal | undefined,
): Promise<JsonObject> {
  const { endpoints: { agentKeysBase, chatgptBase }, failure, world } = authority;
  const base = agentKeysBase ?? chatgptBase;
  const path = base.includes("/backend-api") ? "/wham/agent-identities/jwks" : "/agent-identities/jwks";
  const request = { method: "GET", url: new URL(base + path), headers: {} } as const;
  const reply = await requestWithRetry(authority, request, KEYS_LIMIT_MS, signal);
  const { createLocalJWKSet, errors, jwtVerify } = await import("jose");
  const { z } = await import("zod");
  const keys = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) })
    .safeParse(jsonObject(reply));
  if (!keys.success) throw failure("the key set of the authorization server cannot be read");
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
    throw failure(`its signature or its claims are not valid (${error.code})`);
  }
}

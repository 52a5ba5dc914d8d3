/**
 * What an agent identity says, and whether it may be believed: a JWT must be signed by the authority.
 *
 * @module
 */
import type { AuthEndpoints } from "../chatgpt/auth_endpoints.ts";
import { jsonObject } from "../json.ts";
import { identityFailure } from "./identity_failure.ts";
import { patiently, type PatientParts } from "./request_with_retry.ts";

const JWT_AUDIENCE = "codex-app-server";
const JWT_ISSUER = "https://chatgpt.com/codex-backend/agent-identity";
const DEFAULT_CHATGPT_BASE = "https://chatgpt.com/backend-api";
/** A signed identity goes to these and to no other base. */
const KNOWN_BASES = [DEFAULT_CHATGPT_BASE, "https://chatgpt-staging.com/backend-api"];
const KEYS_LIMIT_MS = 10_000;

/** What an identity needs to sign. */
export interface AgentClaims {
  readonly runtimeId: string;
  readonly accountId: string;
  /** Ed25519 in base64 PKCS#8. Secret. */
  readonly privateKey: string;
  readonly taskId?: string;
  readonly isFedramp: boolean;
}

/**
 * The base that an identity belongs to.
 *
 * @param chatgptBaseUrl from `chatgpt_base_url`
 * @throws CulvertError `auth_rejected` for one that identities are not sent to
 */
export function agentHome(chatgptBaseUrl: string | undefined): string {
  const base = (chatgptBaseUrl ?? DEFAULT_CHATGPT_BASE).replace(/\/+$/, "");
  if (KNOWN_BASES.includes(base)) return base;
  const host = URL.canParse(base) ? new URL(base).host : "chatgpt_base_url";
  throw identityFailure(`it may not be used with the base ${host}`);
}

/** Reads a record or a verified payload. @throws CulvertError `auth_rejected` for one that lacks a part */
export function agentClaims(record: Readonly<Record<string, unknown>>): AgentClaims {
  const runtimeId = text(record, "agent_runtime_id");
  const accountId = text(record, "account_id");
  const privateKey = text(record, "agent_private_key");
  const taskId = text(record, "task_id");
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
 * Checks signature, audience, issuer and age of an identity given as JWT.
 *
 * @param token the JWT. Secret: its payload holds the private key
 * @param parts `home` from {@link agentHome}
 * @returns the payload
 * @throws CulvertError `auth_rejected`, network codes
 */
export async function verifyAgentToken(
  token: string,
  parts: PatientParts & { readonly endpoints: AuthEndpoints; readonly home: string },
  signal?: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const base = parts.endpoints.agentKeysBase ?? parts.home;
  const path = base.includes("/backend-api") ? "/wham/agent-identities/jwks" : "/agent-identities/jwks";
  const request = { method: "GET", url: new URL(base + path), headers: {} } as const;
  const reply = await patiently(parts, request, KEYS_LIMIT_MS, signal);
  const { createLocalJWKSet, errors, jwtVerify } = await import("jose");
  const { z } = await import("zod");
  const keys = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) })
    .safeParse(jsonObject(reply));
  if (!keys.success) throw identityFailure("the authority's key set cannot be read");
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys.data), {
      algorithms: ["RS256"],
      audience: JWT_AUDIENCE,
      issuer: JWT_ISSUER,
      currentDate: new Date(parts.world.now()),
    });
    return payload;
  } catch (error) {
    // jose's messages name claims and algorithms, never values.
    if (error instanceof errors.JOSEError) {
      throw identityFailure(`its signature or claims do not hold (${error.code})`);
    }
    throw error;
  }
}

function text(record: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = record[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/**
 * An agent identity in use: every request carries an assertion signed with the key of the agent (form and endpoints
 * of codex 0.171.0).
 *
 * @module
 */
import { singleFlight } from "../../async/single_flight.ts";
import type { World } from "../../world/world.ts";
import { type AccountFacts, accountHeaders } from "../auth_headers.ts";
import type { AgentFacts, Authorization } from "../authenticator.ts";
import { type Authority, jsonPost } from "../chatgpt/auth_exchange.ts";
import type { Credential } from "../credential.ts";
import { type JsonObject, jsonObject, textMember } from "../../text/json.ts";
import type { ActiveCredential } from "../recovery/active_credential.ts";
import {
  type AgentAuthority,
  type AgentFailure,
  identityFailure,
  requestWithRetry,
} from "./agent_request.ts";
import { agentClaims } from "./agent_token.ts";

const REGISTER_LIMIT_MS = 30_000;

/** An agent that can sign. */
export interface Agent {
  readonly facts: AgentFacts;
  readonly key: CryptoKey;
  readonly account: AccountFacts;
}

/** Returns an identity as the credential of a session. Sends no request. */
export function agentCredential(
  { identity, source }: Extract<Credential, { kind: "agent_identity" }>,
  authority: Authority,
): ActiveCredential {
  const agentAuthority = { ...authority, failure: identityFailure };
  const prepareOnce = singleFlight((signal) => prepareAgent(identity, agentAuthority, signal));
  let agent: Agent | undefined;
  return {
    mode: "agentIdentity",
    source,
    renewal: { mode: "none", reason: "not_chatgpt_auth" },
    authorize: async (signal) => {
      signal?.throwIfAborted();
      agent ??= await prepareOnce(signal);
      return await signedBy(agent, authority.world);
    },
  };
}

/**
 * Verifies an identity, and registers a task where it has none.
 *
 * @param identity the JWT, or the stored record. Secret
 * @throws CulvertError `auth_rejected`, network codes; the signal's reason
 */
export async function prepareAgent(
  identity: string | JsonObject,
  authority: AgentAuthority,
  signal?: AbortSignal,
): Promise<Agent> {
  const { accountId, isFedramp, privateKey, runtimeId, taskId } = await agentClaims(
    identity,
    authority,
    signal,
  );
  const key = await importAgentKey(privateKey, authority.failure);
  const facts = {
    agentId: runtimeId,
    taskId: taskId ?? await registerTask(runtimeId, key, authority, signal),
  };
  return { facts, key, account: { accountId, isFedramp } };
}

/** Returns the authentication of one request. */
export async function signedBy(
  { account, facts, key }: Agent,
  world: Pick<World, "now">,
): Promise<Pick<Authorization, "headers" | "agent">> {
  const { agentId, taskId } = facts;
  const timestamp = timestampOf(world);
  const signature = await signText(key, `${agentId}:${taskId}:${timestamp}`);
  // The order of the members is that of the codex client.
  const assertion = JSON.stringify({ agent_runtime_id: agentId, signature, task_id: taskId, timestamp });
  const blob = new TextEncoder().encode(assertion).toBase64({ alphabet: "base64url", omitPadding: true });
  return { headers: { authorization: `AgentAssertion ${blob}`, ...accountHeaders(account) }, agent: facts };
}

async function registerTask(
  runtimeId: string,
  key: CryptoKey,
  authority: AgentAuthority,
  signal: AbortSignal | undefined,
): Promise<string> {
  const timestamp = timestampOf(authority.world);
  const body = { timestamp, signature: await signText(key, `${runtimeId}:${timestamp}`) };
  const path = `/v1/agent/${encodeURIComponent(runtimeId)}/task/register`;
  const request = jsonPost(new URL(authority.endpoints.agentBase + path), body);
  const reply = await requestWithRetry(authority, request, REGISTER_LIMIT_MS, signal);
  const taskId = textMember(jsonObject(reply), "task_id");
  if (taskId === undefined) throw authority.failure("the authorization server registered no task for it");
  return taskId;
}

/** Returns the time in the form of RFC 3339, UTC, whole seconds. */
function timestampOf(world: Pick<World, "now">): string {
  return new Date(world.now()).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Imports a stored key, Ed25519 in base64 PKCS#8. @throws CulvertError `auth_rejected` */
async function importAgentKey(text: string, failure: AgentFailure): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("pkcs8", Uint8Array.fromBase64(text), "Ed25519", false, ["sign"]);
  } catch {
    // The messages of the platform may quote the input.
    throw failure("its private key is not an Ed25519 key in base64 PKCS#8");
  }
}

/** Returns the signature of a text in base64. */
async function signText(key: CryptoKey, text: string): Promise<string> {
  const signature = await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(text));
  return new Uint8Array(signature).toBase64();
}

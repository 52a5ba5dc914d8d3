/**
 * Registers an agent for a ChatGPT login. Endpoint, body and time limit are those of codex 0.171.0; the program
 * names itself in it.
 *
 * @module
 */
import { VERSION } from "../../version.ts";
import { accountOf, type AuthRecord, idClaims } from "../auth_record.ts";
import type { AuthEndpoints } from "../chatgpt/auth_endpoints.ts";
import { jsonBody } from "../chatgpt/auth_exchange.ts";
import { type JsonObject, jsonObject, textMember } from "../json.ts";
import { generateAgentKey } from "./agent_key.ts";
import { agentFailure, type RequestParts, requestWithRetry } from "./agent_request.ts";

const REGISTER_LIMIT_MS = 15_000;

/** An agent as `auth.json` stores it, beside the tokens of the login. Secret. */
export type AgentRecord = JsonObject;

/**
 * Registers an agent.
 *
 * @param login the login whose token authorizes the registration
 * @returns the record, without a task
 * @throws CulvertError `auth_rejected` for a refusal (`details.status`), network codes
 */
export async function registerAgent(
  login: AuthRecord,
  parts: RequestParts & { readonly endpoints: AuthEndpoints },
): Promise<AgentRecord> {
  const accountId = accountOf(login);
  if (accountId === undefined) throw agentFailure("the login names no account");
  const { privateKey, publicKey } = await generateAgentKey();
  const { headers, body = "" } = jsonBody({
    abom: {
      agent_version: VERSION,
      agent_harness_id: "culvert",
      running_location: `exec-${Deno.build.os === "darwin" ? "macos" : Deno.build.os}`,
    },
    agent_public_key: publicKey,
    capabilities: ["responsesapi"],
    ttl: null,
  });
  const url = new URL(`${parts.endpoints.agentBase}/v1/agent/register`);
  const authorization = `Bearer ${login.tokens?.accessToken ?? ""}`;
  const request = { method: "POST", url, headers: { ...headers, authorization }, body } as const;
  const reply = await requestWithRetry(parts, request, REGISTER_LIMIT_MS);
  const agentId = textMember(jsonObject(reply), "agent_runtime_id");
  if (agentId === undefined) throw agentFailure(`${url.host} answered without its id`);
  const claims = idClaims(login);
  return {
    agent_runtime_id: agentId,
    agent_private_key: privateKey,
    account_id: accountId,
    chatgpt_user_id: claims?.userId ?? "",
    email: claims?.email ?? "",
    plan_type: claims?.planType ?? "unknown",
    chatgpt_account_is_fedramp: claims?.isFedramp === true,
  };
}

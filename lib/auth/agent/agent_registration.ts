/**
 * Makes an agent for a ChatGPT login: a key is made here, and the authority gives it an id. Endpoint, body and limit
 * as the codex client has them (0.169.0); what it says of itself is this program's own.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import { makeAgentKey } from "./agent_key.ts";
import type { AuthEndpoints } from "../chatgpt/auth_endpoints.ts";
import { jsonBody } from "../chatgpt/auth_exchange.ts";
import { jsonObject } from "../json.ts";
import { accountOf, type AuthRecord, idClaims } from "../auth_record.ts";
import { agentFailure } from "./identity_failure.ts";
import { patiently, type PatientParts } from "./request_with_retry.ts";

const REGISTER_LIMIT_MS = 15_000;

/** An agent as `auth.json` keeps it, beside the tokens of the login. Secret. */
export type AgentRecord = Readonly<Record<string, unknown>>;

/**
 * Registers one.
 *
 * @param login whose token pays for it
 * @returns the record, still without a task
 * @throws CulvertError `auth_rejected` for a refusal (`details.status`), network codes
 */
export async function registerAgent(
  login: AuthRecord,
  parts: PatientParts & { readonly endpoints: AuthEndpoints },
): Promise<AgentRecord> {
  const accountId = accountOf(login);
  if (accountId === undefined) throw agentFailure("the login names no account");
  const { privateKey, publicKey } = await makeAgentKey();
  const url = new URL(`${parts.endpoints.agentBase}/v1/agent/register`);
  const told = jsonBody({
    abom: {
      agent_version: VERSION,
      agent_harness_id: "culvert",
      running_location: `exec-${Deno.build.os === "darwin" ? "macos" : Deno.build.os}`,
    },
    agent_public_key: publicKey,
    capabilities: ["responsesapi"],
    ttl: null,
  });
  const authorization = `Bearer ${login.tokens?.accessToken ?? ""}`;
  const request = { ...told, method: "POST", url, headers: { ...told.headers, authorization } } as const;
  const agentId = jsonObject(await patiently(parts, request, REGISTER_LIMIT_MS))?.["agent_runtime_id"];
  if (typeof agentId !== "string" || agentId === "") {
    throw agentFailure(`${url.host} answered without its id`);
  }
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

/** A refusal, told as one of the login that wants the agent; a failure of another kind as it is. */
export function asAgentFailure(error: CulvertError): CulvertError {
  if (error.code !== "auth_rejected") return error;
  return agentFailure(problemIn(error), {
    details: { ...error.details, reason: "agent_refused", permanent: true },
    cause: error,
  });
}

/** What went wrong, without the attempt. */
export function problemIn(error: CulvertError): string {
  return error.message.replace(/^Cannot (use|register) [^:]+: /, "");
}

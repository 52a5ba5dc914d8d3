/**
 * Registers an agent for a ChatGPT login. Endpoint, body and time limit are those of codex 0.171.0; the program
 * names itself in it.
 *
 * @module
 */
import { VERSION } from "../../version.ts";
import { accountOf, type AuthRecord, idClaims } from "../auth_record.ts";
import { jsonPost } from "../chatgpt/auth_exchange.ts";
import { bearerHeaders } from "../auth_headers.ts";
import { type JsonObject, jsonObject, textMember } from "../../text/json.ts";
import { type AgentAuthority, requestWithRetry } from "./agent_request.ts";

const REGISTER_LIMIT_MS = 15_000;
const SSH_TYPE = "ssh-ed25519";

/**
 * Registers an agent.
 *
 * @param login the login whose token authorizes the registration
 * @returns the record as `auth.json` stores it beside the tokens of the login, without a task. Secret
 * @throws CulvertError `auth_rejected` for a refusal (`details.status`), network codes
 */
export async function registerAgent(
  login: AuthRecord,
  authority: AgentAuthority,
): Promise<JsonObject> {
  const accountId = accountOf(login);
  if (accountId === undefined) throw authority.failure("the login names no account");
  const { privateKey, publicKey } = await generateAgentKey();
  const url = new URL(`${authority.endpoints.agentBase}/v1/agent/register`);
  const request = jsonPost(url, {
    abom: {
      agent_version: VERSION,
      agent_harness_id: "culvert",
      running_location: `exec-${Deno.build.os === "darwin" ? "macos" : Deno.build.os}`,
    },
    agent_public_key: publicKey,
    capabilities: ["responsesapi"],
    ttl: null,
  });
  const headers = { ...request.headers, ...bearerHeaders(login.tokens?.accessToken ?? "") };
  const reply = await requestWithRetry(authority, { ...request, headers }, REGISTER_LIMIT_MS);
  const agentId = textMember(jsonObject(reply), "agent_runtime_id");
  if (agentId === undefined) throw authority.failure(`${url.host} answered without its id`);
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

/**
 * Generates an Ed25519 key.
 *
 * @returns the private key in base64 PKCS#8, which is secret, and the public one as `ssh-ed25519 AAAA…` (RFC 8709 §4)
 */
async function generateAgentKey(): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("generateKey returned one key instead of a pair");
  const privateKey = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const wire = new Uint8Array([...sshString(new TextEncoder().encode(SSH_TYPE)), ...sshString(publicKey)]);
  return { privateKey: privateKey.toBase64(), publicKey: `${SSH_TYPE} ${wire.toBase64()}` };
}

/** Encodes a string of less than 256 bytes in the SSH wire format: its length in four bytes, then its bytes (RFC 4251 §5). */
function sshString(bytes: Uint8Array): readonly number[] {
  return [0, 0, 0, bytes.length, ...bytes];
}

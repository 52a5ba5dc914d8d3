/**
 * An agent identity in use: every request carries an assertion signed with the key of the agent (form and endpoints
 * of codex 0.171.0).
 *
 * @module
 */
import { singleFlight } from "../../async/single_flight.ts";
import { type AccountFacts, accountHeaders } from "../auth_headers.ts";
import type { AgentFacts, CredentialSource } from "../authenticator.ts";
import type { AuthEndpoints } from "../chatgpt/auth_endpoints.ts";
import { jsonBody } from "../chatgpt/auth_exchange.ts";
import { type JsonObject, jsonObject, textMember } from "../json.ts";
import type { ActiveCredential } from "../recovery/active_credential.ts";
import { importAgentKey, signText } from "./agent_key.ts";
import { identityFailure, type RequestParts, requestWithRetry } from "./agent_request.ts";
import { agentBackend, agentClaims, verifyAgentToken } from "./agent_token.ts";

const REGISTER_LIMIT_MS = 30_000;

/** What an identity works with. */
interface AgentIdentityOptions extends RequestParts {
  /** The JWT, or the stored record. Secret. */
  readonly identity: string | JsonObject;
  readonly endpoints: AuthEndpoints;
  /** From `chatgpt_base_url`. */
  readonly chatgptBaseUrl?: string | undefined;
}

interface Agent {
  readonly facts: AgentFacts;
  readonly key: CryptoKey;
  readonly account: AccountFacts;
}

/** Returns the identity as the credential of a session. Sends no request. */
export function agentCredential(source: CredentialSource, options: AgentIdentityOptions): ActiveCredential {
  const identity = new AgentIdentity(options);
  return {
    mode: "agentIdentity",
    source,
    renewal: { mode: "none", reason: "not_chatgpt_auth" },
    authorize: async (signal) => ({
      mode: "agentIdentity",
      source,
      headers: await identity.headers(signal),
      agent: await identity.facts(signal),
    }),
    presentHeaders: () => undefined,
    facts: () => ({ mode: "agentIdentity", source }),
  };
}

/** An agent that signs requests. */
export class AgentIdentity {
  readonly #options: AgentIdentityOptions;
  readonly #prepareOnce = singleFlight((signal) => this.#prepare(signal));
  #agent: Agent | undefined;

  constructor(options: AgentIdentityOptions) {
    this.#options = options;
  }

  /**
   * Returns the ids of agent and task. The first call verifies the identity and registers a task.
   *
   * @throws CulvertError `auth_rejected`, network codes; the signal's reason
   */
  async facts(signal?: AbortSignal): Promise<AgentFacts> {
    return (await this.#ready(signal)).facts;
  }

  /** Returns the headers of one request. @throws as {@link facts} */
  async headers(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const { facts: { agentId, taskId }, key, account } = await this.#ready(signal);
    const timestamp = this.#timestamp();
    const signature = await signText(key, `${agentId}:${taskId}:${timestamp}`);
    // The order of the members is that of the codex client.
    const assertion = JSON.stringify({ agent_runtime_id: agentId, signature, task_id: taskId, timestamp });
    const blob = new TextEncoder().encode(assertion).toBase64({ alphabet: "base64url", omitPadding: true });
    return { authorization: `AgentAssertion ${blob}`, ...accountHeaders(account) };
  }

  async #ready(signal: AbortSignal | undefined): Promise<Agent> {
    signal?.throwIfAborted();
    return this.#agent ??= await this.#prepareOnce(signal);
  }

  async #prepare(signal: AbortSignal): Promise<Agent> {
    const { identity, chatgptBaseUrl } = this.#options;
    const backend = agentBackend(chatgptBaseUrl);
    const record = typeof identity === "string"
      ? await verifyAgentToken(identity, { ...this.#options, backend }, signal)
      : identity;
    const { runtimeId, accountId, privateKey, taskId, isFedramp } = agentClaims(record);
    const key = await importAgentKey(privateKey);
    const facts = { agentId: runtimeId, taskId: taskId ?? await this.#registerTask(runtimeId, key, signal) };
    return { facts, key, account: { accountId, isFedramp } };
  }

  async #registerTask(runtimeId: string, key: CryptoKey, signal: AbortSignal): Promise<string> {
    const timestamp = this.#timestamp();
    const body = jsonBody({ timestamp, signature: await signText(key, `${runtimeId}:${timestamp}`) });
    const path = `/v1/agent/${encodeURIComponent(runtimeId)}/task/register`;
    const request = {
      method: "POST",
      url: new URL(this.#options.endpoints.agentBase + path),
      ...body,
    } as const;
    const reply = await requestWithRetry(this.#options, request, REGISTER_LIMIT_MS, signal);
    const taskId = textMember(jsonObject(reply), "task_id");
    if (taskId === undefined) throw identityFailure("the authority registered no task for it");
    return taskId;
  }

  /** Returns the time in the form of RFC 3339, UTC, whole seconds. */
  #timestamp(): string {
    return new Date(this.#options.world.now()).toISOString().replace(/\.\d+Z$/, "Z");
  }
}

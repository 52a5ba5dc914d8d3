/**
 * Agent identities: every request carries an assertion signed with the agent's own key (form and endpoints as the
 * codex client has them, 0.169.0).
 *
 * @module
 */
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { World } from "../../world/world.ts";
import type { AuthEndpoints } from "../chatgpt/auth_endpoints.ts";
import { importAgentKey, signText } from "./agent_key.ts";
import { agentClaims, agentHome, verifyAgentToken } from "./agent_token.ts";
import { jsonBody } from "../chatgpt/auth_exchange.ts";
import { jsonObject } from "../json.ts";
import type { AgentFacts } from "../authenticator.ts";
import { type AccountFacts, accountHeaders } from "../auth_headers.ts";
import { identityFailure } from "./identity_failure.ts";
import { patiently } from "./request_with_retry.ts";
import { raceAbort } from "../../async/race_abort.ts";

const REGISTER_LIMIT_MS = 30_000;

/** What an identity works with. */
export interface AgentIdentityOptions {
  /** The JWT, or the stored record. Secret. */
  readonly identity: string | Readonly<Record<string, unknown>>;
  readonly dialer: Dialer;
  readonly world: World;
  readonly endpoints: AuthEndpoints;
  /** From `chatgpt_base_url`. */
  readonly chatgptBaseUrl?: string;
}

interface Agent {
  readonly runtimeId: string;
  readonly key: CryptoKey;
  readonly account: AccountFacts;
  readonly taskId: string;
}

/** An agent that signs. */
export class AgentIdentity {
  readonly #options: AgentIdentityOptions;
  #agent: Promise<Agent> | undefined;

  constructor(options: AgentIdentityOptions) {
    this.#options = options;
  }

  /**
   * Who signs, and for which task. The first call checks the identity and registers a task.
   *
   * @throws CulvertError `auth_rejected` for an identity that does not hold, network codes
   */
  async facts(signal?: AbortSignal): Promise<AgentFacts> {
    const { runtimeId, taskId } = await this.#ready(signal);
    return { agentId: runtimeId, taskId };
  }

  /**
   * Headers for one request.
   *
   * @throws CulvertError as {@link facts}
   */
  async headers(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const agent = await this.#ready(signal);
    const timestamp = this.#timestamp();
    const signature = await signText(agent.key, `${agent.runtimeId}:${agent.taskId}:${timestamp}`);
    const blob = JSON.stringify({
      agent_runtime_id: agent.runtimeId,
      signature,
      task_id: agent.taskId,
      timestamp,
    });
    return {
      authorization: `AgentAssertion ${base64Url(new TextEncoder().encode(blob))}`,
      ...accountHeaders(agent.account),
    };
  }

  async #ready(signal: AbortSignal | undefined): Promise<Agent> {
    signal?.throwIfAborted();
    // Whoever asks meanwhile shares it: one caller's abort is not the others'.
    this.#agent ??= this.#prepare().catch((error: unknown) => {
      this.#agent = undefined;
      throw error;
    });
    return signal === undefined ? await this.#agent : await raceAbort(this.#agent, signal);
  }

  async #prepare(): Promise<Agent> {
    const { identity, chatgptBaseUrl } = this.#options;
    const home = agentHome(chatgptBaseUrl);
    const record = typeof identity === "string"
      ? await verifyAgentToken(identity, { ...this.#options, home })
      : identity;
    const { runtimeId, accountId, privateKey, taskId, isFedramp } = agentClaims(record);
    const key = await importAgentKey(privateKey);
    return {
      runtimeId,
      key,
      account: { accountId, isFedramp },
      taskId: taskId ?? await this.#registerTask(runtimeId, key),
    };
  }

  async #registerTask(runtimeId: string, key: CryptoKey): Promise<string> {
    const timestamp = this.#timestamp();
    const signature = await signText(key, `${runtimeId}:${timestamp}`);
    const url = new URL(
      `${this.#options.endpoints.agentBase}/v1/agent/${encodeURIComponent(runtimeId)}/task/register`,
    );
    const request = { method: "POST", url, ...jsonBody({ timestamp, signature }) } as const;
    const reply = await patiently(this.#options, request, REGISTER_LIMIT_MS);
    const taskId = jsonObject(reply)?.["task_id"];
    if (typeof taskId !== "string" || taskId === "") {
      throw identityFailure("the authority registered no task for it");
    }
    return taskId;
  }

  /** RFC 3339 in UTC, whole seconds. */
  #timestamp(): string {
    return new Date(this.#options.world.now()).toISOString().replace(/\.\d+Z$/, "Z");
  }
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * Agent identities: every request carries an assertion signed with the agent's own key (form and endpoints as the
 * codex client has them, 0.169.0).
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import type { Dialer } from "../net/dialer.ts";
import type { World } from "../world.ts";
import type { AuthEndpoints } from "./auth_endpoints.ts";
import { exchange, jsonBody, jsonObject } from "./auth_exchange.ts";
import { type AccountFacts, accountHeaders } from "./auth_headers.ts";

const JWT_AUDIENCE = "codex-app-server";
const JWT_ISSUER = "https://chatgpt.com/codex-backend/agent-identity";
const DEFAULT_CHATGPT_BASE = "https://chatgpt.com/backend-api";
/** A signed identity goes to these and to no other base. */
const KNOWN_BASES = [DEFAULT_CHATGPT_BASE, "https://chatgpt-staging.com/backend-api"];
const KEYS_LIMIT_MS = 10_000;
const REGISTER_LIMIT_MS = 30_000;
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 250;

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
   * Headers for one request. The first call checks the identity and registers a task.
   *
   * @throws CulvertError `auth_rejected` for an identity that does not hold, network codes
   */
  async headers(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    this.#agent ??= this.#prepare(signal).catch((error: unknown) => {
      this.#agent = undefined;
      throw error;
    });
    const agent = await this.#agent;
    const timestamp = this.#timestamp();
    const signature = await sign(agent.key, `${agent.runtimeId}:${agent.taskId}:${timestamp}`);
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

  async #prepare(signal: AbortSignal | undefined): Promise<Agent> {
    const { identity, chatgptBaseUrl } = this.#options;
    const base = (chatgptBaseUrl ?? DEFAULT_CHATGPT_BASE).replace(/\/+$/, "");
    if (!KNOWN_BASES.includes(base)) {
      throw invalid(`it may not be used with the base ${new URL(base).host}`);
    }
    const record = typeof identity === "string" ? await this.#verified(identity, base, signal) : identity;
    const runtimeId = text(record, "agent_runtime_id");
    const accountId = text(record, "account_id");
    const privateKey = text(record, "agent_private_key");
    if (runtimeId === undefined || accountId === undefined || privateKey === undefined) {
      throw invalid("it lacks agent_runtime_id, account_id or agent_private_key");
    }
    const key = await importKey(privateKey);
    return {
      runtimeId,
      key,
      account: { accountId, isFedramp: record["chatgpt_account_is_fedramp"] === true },
      taskId: text(record, "task_id") ?? await this.#registerTask(runtimeId, key, signal),
    };
  }

  async #verified(
    token: string,
    chatgptBase: string,
    signal: AbortSignal | undefined,
  ): Promise<Readonly<Record<string, unknown>>> {
    const base = this.#options.endpoints.agentKeysBase ?? chatgptBase;
    const path = base.includes("/backend-api") ? "/wham/agent-identities/jwks" : "/agent-identities/jwks";
    const reply = await this.#patiently(
      { method: "GET", url: new URL(base + path), headers: {} },
      KEYS_LIMIT_MS,
      signal,
    );
    const { createLocalJWKSet, errors, jwtVerify } = await import("jose");
    const { z } = await import("zod");
    const keys = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) })
      .safeParse(jsonObject(reply));
    if (!keys.success) throw invalid("the authority's key set cannot be read");
    try {
      const { payload } = await jwtVerify(token, createLocalJWKSet(keys.data), {
        algorithms: ["RS256"],
        audience: JWT_AUDIENCE,
        issuer: JWT_ISSUER,
        currentDate: new Date(this.#options.world.now()),
      });
      return payload;
    } catch (error) {
      // jose's messages name claims and algorithms, never values.
      if (error instanceof errors.JOSEError) {
        throw invalid(`its signature or claims do not hold (${error.code})`);
      }
      throw error;
    }
  }

  async #registerTask(runtimeId: string, key: CryptoKey, signal: AbortSignal | undefined): Promise<string> {
    const timestamp = this.#timestamp();
    const signature = await sign(key, `${runtimeId}:${timestamp}`);
    const url = new URL(
      `${this.#options.endpoints.agentBase}/v1/agent/${encodeURIComponent(runtimeId)}/task/register`,
    );
    const reply = await this.#patiently(
      { method: "POST", url, ...jsonBody({ timestamp, signature }) },
      REGISTER_LIMIT_MS,
      signal,
    );
    const taskId = text(jsonObject(reply) ?? {}, "task_id");
    if (taskId === undefined) throw invalid("the authority registered no task for it");
    return taskId;
  }

  /** At most three attempts; only what may pass is tried again. */
  async #patiently(
    request: Parameters<typeof exchange>[1],
    limitMs: number,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const { dialer, world } = this.#options;
    for (let attempt = 1;; attempt++) {
      let failure: CulvertError;
      try {
        const reply = await exchange(
          dialer,
          { ...request, ...(signal === undefined ? {} : { signal }) },
          limitMs,
        );
        if (reply.status >= 200 && reply.status < 300) return reply.text;
        failure = invalid(`${request.url.host} answered ${reply.status}`, reply.status);
        if (reply.status !== 429 && reply.status < 500) throw failure;
      } catch (error) {
        if (!(error instanceof CulvertError) || error.code === "auth_rejected") throw error;
        failure = error;
      }
      if (attempt === ATTEMPTS) throw failure;
      await world.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.9 + 0.2 * world.random()), signal);
    }
  }

  /** RFC 3339 in UTC, whole seconds. */
  #timestamp(): string {
    return new Date(this.#options.world.now()).toISOString().replace(/\.\d+Z$/, "Z");
  }
}

function invalid(problem: string, status?: number): CulvertError {
  return new CulvertError("auth_rejected", `Cannot use the agent identity: ${problem}`, {
    hint: "Ask whoever issued it for a new one.",
    details: status === undefined ? {} : { status },
  });
}

async function importKey(base64: string): Promise<CryptoKey> {
  try {
    const der = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return await crypto.subtle.importKey("pkcs8", der, "Ed25519", false, ["sign"]);
  } catch {
    // The platform's messages may quote the input.
    throw invalid("its private key is not an Ed25519 key in base64 PKCS#8");
  }
}

async function sign(key: CryptoKey, message: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(message)));
  return btoa(String.fromCharCode(...bytes));
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function text(record: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = record[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

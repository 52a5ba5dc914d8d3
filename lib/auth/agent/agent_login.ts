/**
 * An agent that signs for a ChatGPT login: the stored one, else a new one, which is registered once for all processes.
 * Where none can be registered for now, the session sends the login itself.
 *
 * @module
 */
import { singleFlight } from "../../async/single_flight.ts";
import { CulvertError } from "../../errors.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import { accountOf } from "../auth_record.ts";
import type { AgentFacts, Authorization } from "../authenticator.ts";
import type { ManagedCredential } from "../chatgpt/managed_credential.ts";
import type { ManagedLogin, ManagedLoginOptions } from "../chatgpt/managed_login.ts";
import type { HeldLock } from "../../files/file_lock.ts";
import { textMember } from "../json.ts";
import type { ActiveCredential, Renewable } from "../recovery/active_credential.ts";
import { acquireFileLock } from "../../files/file_lock.ts";
import { type CooldownSubject, isCoolingDown, startCooldown } from "./agent_cooldown.ts";
import { AgentIdentity } from "./agent_identity.ts";
import { type AgentRecord, registerAgent } from "./agent_registration.ts";
import { asAgentFailure, isTransientFailure, problemOf } from "./agent_request.ts";
import { removeAgent, storeAgent, storedAgent } from "./agent_store.ts";
import { agentBackend } from "./agent_token.ts";

/** How long to wait for another process that registers an agent, ms. */
const LOCK_LIMIT_MS = 45_000;
/** Locked during a registration, in whatever store the login is; contains the cooldowns, and no secret. */
const LOCK_NAME = "culvert-agent.lock";

/** What the agent of a login works with. */
interface AgentLoginOptions extends Omit<ManagedLoginOptions, "record"> {
  readonly login: ManagedLogin;
  /** From `chatgpt_base_url`. */
  readonly chatgptBaseUrl?: string | undefined;
}

/** An agent in use, or the decision to send the login itself. */
type Choice = { readonly identity: AgentIdentity; readonly facts: AgentFacts } | "bearer";

/** Returns a credential for which an agent signs, if there is one. */
export function signedCredential(
  managed: ManagedCredential,
  options: Omit<AgentLoginOptions, "login">,
): ActiveCredential {
  const agent = new AgentLogin({ ...options, login: managed.login });
  return {
    ...managed,
    renewal: { ...managed.renewal, agent: (refused) => agent.replacing(refused) },
    authorize: async (signal, endpoint) => {
      const signed = endpoint === "/models" ? undefined : await agent.sign(signal);
      return signed === undefined
        ? await managed.authorize(signal)
        : { mode: "agentIdentity", source: managed.source, ...signed };
    },
  };
}

/** The agent of a login. */
class AgentLogin {
  readonly #options: AgentLoginOptions;
  readonly #chooseOnce: (signal: AbortSignal | undefined, refused?: AgentFacts) => Promise<Choice>;
  #choice: Choice | undefined;

  constructor(options: AgentLoginOptions) {
    this.#options = options;
    // A registered agent must be stored.
    this.#chooseOnce = singleFlight((_signal, refused?: AgentFacts) => {
      const work = this.#find(refused).then((choice) => (this.#choice = choice));
      options.hold?.(work);
      return work;
    }, { isDetached: true });
  }

  /**
   * Returns headers signed by the agent; `undefined` where the session has none. An abort ends the wait, not the
   * registration.
   *
   * @throws CulvertError `auth_rejected` where the authority refuses to register one, `auth_refresh_failed` for the
   *   login; the signal's reason
   */
  async sign(signal?: AbortSignal): Promise<Pick<Authorization, "headers" | "agent"> | undefined> {
    const choice = this.#choice ?? await this.#chooseOnce(signal);
    if (choice === "bearer") return undefined;
    return { headers: await choice.identity.headers(signal), agent: choice.facts };
  }

  /**
   * Returns the recovery from a refused signature. The agent signs with its own key, so the agent is replaced, and the
   * login renewed only where the authority refuses its token.
   */
  replacing(refused: AgentFacts): Renewable {
    return {
      reload: async (signal) => {
        if (this.#isReplaced(refused)) return true;
        // Ends the recovery where the account changed.
        await this.#options.login.reload(signal);
        const stored = await this.#stored(refused);
        if (stored !== undefined) this.#choice = stored;
        return stored !== undefined;
      },
      renew: async (_reason, signal) => {
        if (!this.#isReplaced(refused)) await this.#chooseOnce(signal, refused);
        return true;
      },
    };
  }

  /** Tells whether another turn of this process replaced the agent. */
  #isReplaced(refused: AgentFacts): boolean {
    const choice = this.#choice;
    return choice !== undefined && (choice === "bearer" || !isSame(choice.facts, refused));
  }

  async #find(refused: AgentFacts | undefined): Promise<Choice> {
    const { store, world } = this.#options;
    const subject = this.#subject();
    const known = refused === undefined ? await this.#stored(undefined) : undefined;
    if (known !== undefined) return known;
    const result = await acquireFileLock(absolutePath(LOCK_NAME, store.codexHome), world, LOCK_LIMIT_MS);
    if (result.kind === "busy") {
      return this.#withoutAgent("another process has been registering one for too long");
    }
    const lock = result.kind === "held" ? result.lock : undefined;
    try {
      // The former holder of the lock may have registered it.
      return await this.#stored(refused) ?? await this.#register(subject, refused, lock);
    } finally {
      lock?.release();
    }
  }

  async #register(
    subject: CooldownSubject,
    refused: AgentFacts | undefined,
    lock: HeldLock | undefined,
  ): Promise<Choice> {
    const { observer, store, world } = this.#options;
    const removeRefused = async () => {
      if (refused !== undefined) await removeAgent(refused, subject.accountId, this.#options);
    };
    if (lock !== undefined && await isCoolingDown(lock, subject, world.now())) {
      const message = "No agent could be registered recently; sending the login itself";
      observer.observe({ kind: "note", level: "info", message });
      await removeRefused();
      return "bearer";
    }
    try {
      const stored = await storedAgent(store, subject.accountId);
      return await this.#withTask(stored !== undefined && !hasTask(stored) ? stored : await this.#newAgent());
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      if (error.code === "auth_refresh_failed" || !isTransientFailure(error)) throw asAgentFailure(error);
      if (lock !== undefined) await startCooldown(lock, subject, world.now());
      await removeRefused();
      return this.#withoutAgent(problemOf(error));
    }
  }

  /** Registers with the present token, and with a renewed one where the authority refuses that. */
  async #newAgent(): Promise<AgentRecord> {
    const { login } = this.#options;
    try {
      return await registerAgent(await login.current(), this.#options);
    } catch (error) {
      if (!(error instanceof CulvertError) || error.details["status"] !== 401) throw error;
      await login.renew("unauthorized_recovery");
      return await registerAgent(login.record, this.#options);
    }
  }

  /** Registers the task of an agent that has none, and stores the agent. */
  async #withTask(record: AgentRecord): Promise<Choice> {
    const identity = new AgentIdentity({ ...this.#options, identity: record });
    const facts = await identity.facts();
    if (record["task_id"] !== facts.taskId) {
      await storeAgent({ ...record, task_id: facts.taskId }, this.#subject().accountId, this.#options);
    }
    return { identity, facts };
  }

  /** Returns the stored agent, unless it is the refused one, lacks a task or has an invalid key. */
  async #stored(refused: AgentFacts | undefined): Promise<Choice | undefined> {
    const record = await storedAgent(this.#options.store, this.#subject().accountId);
    if (record === undefined || !hasTask(record)) return undefined;
    const identity = new AgentIdentity({ ...this.#options, identity: record });
    try {
      const facts = await identity.facts();
      return refused !== undefined && isSame(facts, refused) ? undefined : { identity, facts };
    } catch (error) {
      if (error instanceof CulvertError) return undefined;
      throw error;
    }
  }

  #withoutAgent(why: string): "bearer" {
    const message = `No agent could be registered: ${why}; this session sends the ChatGPT login itself`;
    this.#options.warn({ code: "agent_unavailable", message });
    return "bearer";
  }

  #subject(): CooldownSubject {
    const { chatgptBaseUrl, endpoints, login } = this.#options;
    try {
      const backend = agentBackend(chatgptBaseUrl);
      return { accountId: accountOf(login.record) ?? "", backend, authority: endpoints.agentBase };
    } catch (error) {
      throw error instanceof CulvertError ? asAgentFailure(error) : error;
    }
  }
}

function hasTask(record: AgentRecord): boolean {
  return textMember(record, "task_id") !== undefined;
}

function isSame(one: AgentFacts, other: AgentFacts): boolean {
  return one.agentId === other.agentId && one.taskId === other.taskId;
}

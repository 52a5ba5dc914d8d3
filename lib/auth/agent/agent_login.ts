/**
 * An agent that signs for a ChatGPT login: the stored one, else a new one, which is registered once for all processes.
 * Where none can be registered for now, the session sends the login itself.
 *
 * @module
 */
import { singleFlight } from "../../async/single_flight.ts";
import { type CulvertError, handleFailure } from "../../errors.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import { accountOf } from "../auth_record.ts";
import type { AgentFacts } from "../authenticator.ts";
import { isTransientStatus } from "../chatgpt/auth_exchange.ts";
import { isTransient } from "../../net/dialer/retry.ts";
import type { ManagedLogin, ManagedLoginOptions } from "../chatgpt/managed_login.ts";
import { acquireFileLock, type HeldLock } from "../../files/file_lock.ts";
import { type JsonObject, textMember } from "../../text/json.ts";
import type { ActiveCredential, Renewable } from "../recovery/active_credential.ts";
import { type Agent, prepareAgent, signedBy } from "./agent_identity.ts";
import { registerAgent } from "./agent_registration.ts";
import { type AgentAuthority, agentFailure } from "./agent_request.ts";
import { AgentStore } from "./agent_store.ts";
import { checkBackend } from "./agent_token.ts";

/** How long to wait for another process that registers an agent, ms. */
const LOCK_LIMIT_MS = 45_000;
/** Locked during a registration, in whatever store the login is; contains the cooldowns, and no secret. */
const LOCK_NAME = "culvert-agent.lock";

interface AgentLoginOptions extends Omit<ManagedLoginOptions, "record"> {
  readonly login: ManagedLogin;
}

/** An agent in use, or the decision to send the login itself. */
type Choice = Agent | "bearer";

/** Returns a credential for which an agent signs, if there is one. */
export function signedCredential(options: AgentLoginOptions): ActiveCredential {
  const { login, world } = options;
  const agent = new AgentLogin(options);
  return {
    ...login,
    renewal: { ...login.renewal, agent: (refused) => agent.replacing(refused) },
    authorize: async (signal, endpoint) => {
      const signer = endpoint === "/models" ? "bearer" : await agent.choice(signal);
      if (signer === "bearer") return await login.authorize(signal);
      return { mode: "agentIdentity", ...await signedBy(signer, world) };
    },
  };
}

/** The agent of a login. */
class AgentLogin {
  readonly #options: AgentLoginOptions & AgentAuthority;
  /** The stored agent of the account in use. */
  readonly #agents: AgentStore;
  readonly #chooseOnce: (signal: AbortSignal | undefined, refused?: AgentFacts) => Promise<Choice>;
  #choice: Choice | undefined;

  constructor(options: AgentLoginOptions) {
    this.#options = { ...options, failure: agentFailure };
    this.#agents = new AgentStore({ ...options, accountId: accountOf(options.login.record) ?? "" });
    // A registered agent must be stored.
    this.#chooseOnce = singleFlight((_signal, refused?: AgentFacts) => {
      const work = this.#find(refused).then((choice) => (this.#choice = choice));
      options.hold?.(work);
      return work;
    }, { isDetached: true });
  }

  /**
   * Returns the agent, or that the session has none. An abort ends the wait, not the registration.
   *
   * @throws CulvertError `auth_rejected` where the authority refuses to register one, `auth_refresh_failed` for the
   *   login; the signal's reason
   */
  async choice(signal?: AbortSignal): Promise<Choice> {
    return this.#choice ?? await this.#chooseOnce(signal);
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
    checkBackend(this.#options);
    const known = refused === undefined ? await this.#stored(undefined) : undefined;
    if (known !== undefined) return known;
    using result = await acquireFileLock(absolutePath(LOCK_NAME, store.codexHome), world, LOCK_LIMIT_MS);
    if (result.kind === "busy") {
      this.#warn("Another process did not finish registering an agent in time");
      return "bearer";
    }
    const lock = result.kind === "held" ? result.lock : undefined;
    // The former holder of the lock may have registered it.
    const agent = await this.#stored(refused) ?? await this.#register(lock);
    if (agent === undefined && refused !== undefined) await this.#agents.remove(refused);
    return agent ?? "bearer";
  }

  /** Registers an agent. @returns `undefined` where that is not possible for now */
  async #register(lock: HeldLock | undefined): Promise<Agent | undefined> {
    const { note, world } = this.#options;
    if (lock !== undefined && await this.#agents.isCoolingDown(lock, world.now())) {
      note("No agent could be registered recently; sending the ChatGPT login instead");
      return undefined;
    }
    return await handleFailure(this.#registered(), async (failure) => {
      if (failure.code === "auth_refresh_failed" || !mayPass(failure)) throw failure;
      if (lock !== undefined) await this.#agents.startCooldown(lock, world.now());
      this.#warn(failure.message);
      return undefined;
    });
  }

  /** Registers the task of the stored agent where only that is missing, else a new agent. */
  async #registered(): Promise<Agent> {
    const stored = await this.#agents.read();
    const record = stored !== undefined && !hasTask(stored) ? stored : await this.#newAgent();
    const agent = await prepareAgent(record, this.#options);
    const { taskId } = agent.facts;
    if (record["task_id"] !== taskId) await this.#agents.save({ ...record, task_id: taskId });
    return agent;
  }

  /** Registers with the present token, and with a renewed one where the authority refuses that. */
  async #newAgent(): Promise<JsonObject> {
    const { login } = this.#options;
    return await handleFailure(registerAgent(await login.current(), this.#options), async (failure) => {
      if (failure.details["status"] !== 401) throw failure;
      await login.renew("unauthorized_recovery");
      return await registerAgent(login.record, this.#options);
    });
  }

  /** Returns the stored agent, unless it is the refused one, lacks a task or has an invalid key. */
  async #stored(refused: AgentFacts | undefined): Promise<Agent | undefined> {
    const record = await this.#agents.read();
    if (record === undefined || !hasTask(record)) return undefined;
    const agent = await handleFailure(prepareAgent(record, this.#options), () => undefined);
    return agent !== undefined && refused !== undefined && isSame(agent.facts, refused) ? undefined : agent;
  }

  #warn(why: string): void {
    const message = `${why}; without an agent, this session sends the ChatGPT login itself`;
    this.#options.warn({ code: "agent_unavailable", message });
  }
}

/** Tells whether another registration may succeed soon. */
function mayPass(error: CulvertError): boolean {
  const { status } = error.details;
  return typeof status === "number" ? isTransientStatus(status) : isTransient({ kind: "error", error });
}

function hasTask(record: JsonObject): boolean {
  return textMember(record, "task_id") !== undefined;
}

function isSame(one: AgentFacts, other: AgentFacts): boolean {
  return one.agentId === other.agentId && one.taskId === other.taskId;
}

/**
 * An agent that signs for a ChatGPT login: the one that `auth.json` keeps, else one that is registered, once for all
 * processes. Where none can be had for now, the session sends the login itself.
 *
 * @module
 */
import { absolutePath } from "../../world/absolute_path.ts";
import { CulvertError } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { Observer } from "../../net/observer.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { Renewable } from "../recovery/active_credential.ts";
import { coolDown, type CooldownSubject, isCooling } from "./agent_cooldown.ts";
import { AgentIdentity } from "./agent_identity.ts";
import { type AgentRecord, asAgentFailure, problemIn, registerAgent } from "./agent_registration.ts";
import { dropAgent, keepAgent, storedAgent } from "./agent_store.ts";
import { agentHome } from "./agent_token.ts";
import type { AuthEndpoints } from "../chatgpt/auth_endpoints.ts";
import { accountOf } from "../auth_record.ts";
import type { AgentFacts, Authorization } from "../authenticator.ts";
import type { CredentialStore } from "../credential_store.ts";
import { acquireFileLock } from "../store/file_lock.ts";
import { type HeldLock } from "../credential_store.ts";
import type { ManagedLogin } from "../chatgpt/managed_login.ts";
import { mayPass } from "./request_with_retry.ts";
import { raceAbort } from "../../async/race_abort.ts";

/** How long to wait for another process that registers one, ms. */
const LOCK_LIMIT_MS = 45_000;
/** Locked while an agent is registered, whatever keeps the login; holds the cooldowns, and no secret. */
const LOCK_NAME = "culvert-agent.lock";

/** What it works with. */
export interface AgentLoginOptions {
  readonly login: ManagedLogin;
  readonly store: CredentialStore;
  readonly dialer: Dialer;
  readonly world: World;
  readonly endpoints: AuthEndpoints;
  readonly observer: Observer;
  readonly warn: (warning: Warning) => void;
  /** As in {@link ManagedLoginOptions}. */
  readonly hold?: ((work: Promise<unknown>) => void) | undefined;
  /** From `chatgpt_base_url`. */
  readonly chatgptBaseUrl?: string;
}

/** An agent at work, or the decision to do without. */
type Choice = { readonly identity: AgentIdentity; readonly facts: AgentFacts } | "bearer";

/** A login for which an agent signs. */
export class AgentLogin {
  readonly #options: AgentLoginOptions;
  #choice: Choice | undefined;
  #choosing: Promise<Choice> | undefined;

  constructor(options: AgentLoginOptions) {
    this.#options = options;
  }

  /**
   * Headers signed by the agent; `undefined` where the session does without one. An abort ends the wait, never the
   * registration: whoever asks next finds it.
   *
   * @throws CulvertError `auth_rejected` where the authority refuses to register one, `auth_refresh_failed` where
   *   the login is no good; the signal's reason
   */
  async sign(signal?: AbortSignal): Promise<Pick<Authorization, "headers" | "agent"> | undefined> {
    const choice = this.#choice ?? await this.#choose(undefined, signal);
    if (choice === "bearer") return undefined;
    return { headers: await choice.identity.headers(), agent: choice.facts };
  }

  /**
   * How to go on after a refusal. A new token would not change what is sent, as the agent signs with its own key: so
   * what is renewed is the agent, and the login only where the authority refuses its token.
   *
   * @param refused who signed the refused request
   */
  instead(refused: AgentFacts): Renewable {
    return {
      reload: async () => {
        if (this.#isOther(refused)) return true;
        // An account that changed meanwhile ends it here, as it ends the recovery of a login.
        await this.#options.login.reload();
        const stored = await this.#stored(refused);
        if (stored !== undefined) this.#choice = stored;
        return stored !== undefined;
      },
      renew: async (_reason, signal) => {
        if (!this.#isOther(refused)) await this.#choose(refused, signal);
        return true;
      },
    };
  }

  /** Whether something else is in use by now: another turn of this process was faster. */
  #isOther(refused: AgentFacts): boolean {
    const choice = this.#choice;
    return choice !== undefined && (choice === "bearer" || !isSame(choice.facts, refused));
  }

  async #choose(refused: AgentFacts | undefined, signal: AbortSignal | undefined): Promise<Choice> {
    signal?.throwIfAborted();
    if (this.#choosing === undefined) {
      this.#choosing = this.#find(refused).then((choice) => (this.#choice = choice))
        .finally(() => (this.#choosing = undefined));
      this.#options.hold?.(this.#choosing);
    }
    return signal === undefined ? await this.#choosing : await raceAbort(this.#choosing, signal);
  }

  async #find(refused: AgentFacts | undefined): Promise<Choice> {
    const { store, world } = this.#options;
    const subject = this.#subject();
    const known = refused === undefined ? await this.#stored(undefined) : undefined;
    if (known !== undefined) return known;
    const path = absolutePath(LOCK_NAME, store.codexHome);
    const result = await acquireFileLock(path, world, LOCK_LIMIT_MS);
    if (result.kind === "busy") {
      return this.#withoutAgent("another process has been registering one for too long");
    }
    const lock = result.kind === "held" ? result.lock : undefined;
    try {
      // Whoever held the lock before may have been registering the very same.
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
    const { observer, world } = this.#options;
    if (lock !== undefined && await isCooling(lock, subject, world.now())) {
      observer.observe({
        kind: "note",
        level: "info",
        message: "No agent could be had lately; sending the login itself",
      });
      if (refused !== undefined) await dropAgent(refused, subject.accountId, this.#options);
      return "bearer";
    }
    try {
      const left = await storedAgent(this.#options.store, subject.accountId);
      return await this.#withTask(left !== undefined && !hasTask(left) ? left : await this.#newAgent());
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      if (error.code === "auth_refresh_failed" || !mayPass(error)) throw asAgentFailure(error);
      if (lock !== undefined) await coolDown(lock, subject, world.now());
      if (refused !== undefined) await dropAgent(refused, subject.accountId, this.#options);
      return this.#withoutAgent(problemIn(error));
    }
  }

  /** Registered with the present token, and with a renewed one where the authority does not take that. */
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

  /** The agent of a record, its task registered where it has none, and the whole of it kept. */
  async #withTask(record: AgentRecord): Promise<Choice> {
    const identity = new AgentIdentity({ ...this.#options, identity: record });
    const facts = await identity.facts();
    if (record["task_id"] !== facts.taskId) {
      const { accountId } = this.#subject();
      await keepAgent({ ...record, task_id: facts.taskId }, accountId, this.#options);
    }
    return { identity, facts };
  }

  /** The agent on disk, unless it is the refused one. One without a task is for the holder of the lock. */
  async #stored(refused: AgentFacts | undefined): Promise<Choice | undefined> {
    const record = await storedAgent(this.#options.store, this.#subject().accountId);
    if (record === undefined || !hasTask(record)) return undefined;
    const identity = new AgentIdentity({ ...this.#options, identity: record });
    try {
      const facts = await identity.facts();
      return refused !== undefined && isSame(facts, refused) ? undefined : { identity, facts };
    } catch (error) {
      // Its key cannot be read: as good as none.
      if (error instanceof CulvertError) return undefined;
      throw error;
    }
  }

  #withoutAgent(why: string): "bearer" {
    this.#options.warn({
      code: "agent_unavailable",
      message: `No agent could be registered: ${why}; this session sends the ChatGPT login itself`,
    });
    return "bearer";
  }

  #subject(): CooldownSubject {
    const { chatgptBaseUrl, endpoints, login } = this.#options;
    try {
      const home = agentHome(chatgptBaseUrl);
      return { accountId: accountOf(login.record) ?? "", home, authority: endpoints.agentBase };
    } catch (error) {
      throw error instanceof CulvertError ? asAgentFailure(error) : error;
    }
  }
}

function hasTask(record: AgentRecord): boolean {
  return typeof record["task_id"] === "string" && record["task_id"] !== "";
}

function isSame(one: AgentFacts, other: AgentFacts): boolean {
  return one.agentId === other.agentId && one.taskId === other.taskId;
}

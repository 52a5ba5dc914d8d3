/**
 * What processes know of each other's agents: the agent that is stored beside the tokens of a ChatGPT login, and the
 * accounts for which none could be registered recently. Those are noted, as hashes, in the file that is locked during a
 * registration, so that every process reads the note before it asks the authority.
 *
 * @module
 */
import { CulvertError, handleFailure } from "../../errors.ts";
import type { HeldLock } from "../../files/file_lock.ts";
import type { Warning } from "../../warning.ts";
import { accountOf } from "../auth_record.ts";
import type { AgentFacts } from "../authenticator.ts";
import type { AuthEndpoints } from "../chatgpt/auth_endpoints.ts";
import type { CredentialStore } from "../store/credential_store.ts";
import { isObject, type JsonObject, textMember } from "../../text/json.ts";
import { sha256Hex } from "../../text/sha256.ts";

/** How long no process asks again, ms (as codex 0.171.0). */
const COOLDOWN_MS = 3_600_000;

/** What an agent is registered for. */
interface AgentSubject {
  readonly accountId: string;
  readonly endpoints: Pick<AuthEndpoints, "agentBase" | "chatgptBase">;
}

/** The stored agent and the cooldown of one subject. */
export class AgentStore {
  readonly #store: CredentialStore;
  readonly #subject: AgentSubject;
  readonly #warn: (warning: Warning) => void;

  /** @param warn receives failures to change the stored login, after which only this process knows the change */
  constructor(store: CredentialStore, subject: AgentSubject, warn: (warning: Warning) => void) {
    this.#store = store;
    this.#subject = subject;
    this.#warn = warn;
  }

  /** Returns the stored agent; `undefined` for one of another account and for an incomplete one. */
  async read(): Promise<JsonObject | undefined> {
    const agent = (await this.#store.read())?.agentIdentity;
    if (typeof agent !== "object" || agent["account_id"] !== this.#subject.accountId) return undefined;
    const isComplete = ["agent_runtime_id", "agent_private_key"].every((name) =>
      textMember(agent, name) !== undefined
    );
    return isComplete ? agent : undefined;
  }

  /** Stores an agent beside the login, which must still belong to the account. */
  async save(agent: JsonObject): Promise<void> {
    await this.#change((raw) => ({ ...raw, agent_identity: agent }));
  }

  /** Removes an agent that was refused. An agent that replaced it meanwhile stays. */
  async remove(refused: AgentFacts): Promise<void> {
    await this.#change(({ agent_identity: agent, ...others }) => {
      if (!isObject(agent)) return undefined;
      const isRefused = agent["agent_runtime_id"] === refused.agentId && agent["task_id"] === refused.taskId;
      return isRefused ? others : undefined;
    });
  }

  /** Tells whether the subject has a cooldown. @param now ms since 1970 */
  async isCoolingDown(lock: HeldLock, now: number): Promise<boolean> {
    return (await activeCooldowns(lock, now))[await this.#key()] !== undefined;
  }

  /** Starts a cooldown. @param now ms since 1970 */
  async startCooldown(lock: HeldLock, now: number): Promise<void> {
    const others = await activeCooldowns(lock, now);
    await lock.writeNote({ ...others, [await this.#key()]: now + COOLDOWN_MS });
  }

  #key(): Promise<string> {
    const { accountId, endpoints: { agentBase, chatgptBase } } = this.#subject;
    return sha256Hex(`${accountId}\n${chatgptBase}\n${agentBase}`);
  }

  async #change(next: (raw: JsonObject) => JsonObject | undefined): Promise<void> {
    using lock = await this.#store.lock();
    const work = lock.kind === "busy"
      ? Promise.reject(
        new CulvertError("auth_storage", `Another process is changing ${this.#store.source.name}`),
      )
      : this.#store.change((present) => {
        const isOurs = present?.mode === "chatgpt" && accountOf(present) === this.#subject.accountId;
        return isOurs ? next(present.raw) : undefined;
      });
    await handleFailure(work, (failure) => {
      const message =
        `${failure.message}; the change to the agent of the login is known to this process only`;
      this.#warn({ code: "auth_not_saved", message });
    });
  }
}

/** Returns the ends of the cooldowns by key. An end that is too far away was written with a wrong clock. */
async function activeCooldowns(lock: HeldLock, now: number): Promise<Readonly<Record<string, number>>> {
  const ends = Object.entries(await lock.readNote());
  return Object.fromEntries(ends.flatMap(([key, end]) => {
    const isActive = typeof end === "number" && end > now && end <= now + COOLDOWN_MS;
    return isActive ? [[key, end]] : [];
  }));
}

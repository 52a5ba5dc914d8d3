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

/** The store of a login, and what its agent is registered for. */
interface AgentStoreParts {
  readonly store: CredentialStore;
  readonly accountId: string;
  readonly endpoints: Pick<AuthEndpoints, "agentBase" | "chatgptBase">;
  /** Receives failures to change the stored login, after which only this process knows the change. */
  readonly warn: (warning: Warning) => void;
}

/** The stored agent and the cooldown of one account and authority. */
export class AgentStore {
  readonly #parts: AgentStoreParts;

  constructor(parts: AgentStoreParts) {
    this.#parts = parts;
  }

  /** Returns the stored agent; `undefined` for one of another account and for an incomplete one. */
  async read(): Promise<JsonObject | undefined> {
    const agent = (await this.#parts.store.read())?.agentIdentity;
    if (typeof agent !== "object" || agent["account_id"] !== this.#parts.accountId) return undefined;
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

  /** Tells whether there is a cooldown. @param now ms since 1970 */
  async isCoolingDown(lock: HeldLock, now: number): Promise<boolean> {
    return (await activeCooldowns(lock, now))[await this.#key()] !== undefined;
  }

  /** Starts a cooldown. @param now ms since 1970 */
  async startCooldown(lock: HeldLock, now: number): Promise<void> {
    const others = await activeCooldowns(lock, now);
    await lock.writeNote({ ...others, [await this.#key()]: now + COOLDOWN_MS });
  }

  #key(): Promise<string> {
    const { accountId, endpoints: { agentBase, chatgptBase } } = this.#parts;
    return sha256Hex(`${accountId}\n${chatgptBase}\n${agentBase}`);
  }

  async #change(next: (raw: JsonObject) => JsonObject | undefined): Promise<void> {
    await handleFailure(this.#changeLocked(next), (failure) => {
      const message =
        `${failure.message}; the change to the agent of the login is kept in the memory of this process only`;
      this.#parts.warn({ code: "auth_not_saved", message });
    });
  }

  async #changeLocked(next: (raw: JsonObject) => JsonObject | undefined): Promise<void> {
    const { accountId, store } = this.#parts;
    using lock = await store.lock();
    if (lock.kind === "busy") {
      throw new CulvertError("auth_storage", `Another process is changing ${store.source.name}`);
    }
    await store.change((present) => {
      const isOurs = present?.mode === "chatgpt" && accountOf(present) === accountId;
      return isOurs ? next(present.raw) : undefined;
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

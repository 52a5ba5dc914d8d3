/**
 * The agent that is kept beside the tokens of a ChatGPT login.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Warning } from "../../warning.ts";
import type { AgentRecord } from "./agent_registration.ts";
import { accountOf } from "../auth_record.ts";
import type { AgentFacts } from "../authenticator.ts";
import type { CredentialStore } from "../credential_store.ts";

/** How long to wait for whoever is renewing the login, ms. */
const LOCK_LIMIT_MS = 35_000;

/** Where agents are kept. */
export interface AgentStoreParts {
  readonly store: CredentialStore;
  readonly warn: (warning: Warning) => void;
}

/** The agent of an account. A record of another account, or without what it signs with, counts for nothing. */
export async function storedAgent(
  store: CredentialStore,
  accountId: string,
): Promise<AgentRecord | undefined> {
  const agent = (await store.read())?.agentIdentity;
  if (typeof agent !== "object" || agent["account_id"] !== accountId) return undefined;
  const isWhole = [agent["agent_runtime_id"], agent["agent_private_key"]].every((part) =>
    typeof part === "string" && part !== ""
  );
  return isWhole ? agent : undefined;
}

/**
 * Keeps an agent. Where that cannot be, it lives in this process alone, which is a warning.
 *
 * @param accountId the login must still be of this account
 */
export async function keepAgent(
  agent: AgentRecord,
  accountId: string,
  parts: AgentStoreParts,
): Promise<void> {
  await change(parts, accountId, (raw) => ({ ...raw, agent_identity: agent }));
}

/**
 * Drops an agent that was refused, so that no later start tries it. One that took its place meanwhile stays.
 *
 * @param accountId as for {@link keepAgent}
 */
export async function dropAgent(
  refused: AgentFacts,
  accountId: string,
  parts: AgentStoreParts,
): Promise<void> {
  await change(parts, accountId, ({ agent_identity: agent, ...others }) => {
    if (typeof agent !== "object" || agent === null) return undefined;
    const { agent_runtime_id, task_id } = { agent_runtime_id: undefined, task_id: undefined, ...agent };
    return agent_runtime_id === refused.agentId && task_id === refused.taskId ? others : undefined;
  });
}

type Raw = Readonly<Record<string, unknown>>;

/** Changes the record under the lock. @param next `undefined` leaves it as it is */
async function change(
  { store, warn }: AgentStoreParts,
  accountId: string,
  next: (raw: Raw) => Raw | undefined,
): Promise<void> {
  const result = await store.lock(LOCK_LIMIT_MS);
  try {
    if (result.kind === "busy") {
      throw new CulvertError("auth_storage", `${store.source.name} is being changed`);
    }
    const kept = await store.read();
    if (kept?.mode !== "chatgpt" || accountOf(kept) !== accountId) return;
    const changed = next(kept.raw);
    if (changed === undefined) return;
    const slot = await store.reserve();
    await slot.commit(changed);
  } catch (error) {
    if (!(error instanceof CulvertError)) throw error;
    warn({
      code: "auth_not_saved",
      message: `${error.message}; what became of the agent of the login is known to this process alone`,
    });
  } finally {
    if (result.kind === "held") result.lock.release();
  }
}

/**
 * The agent that is stored beside the tokens of a ChatGPT login.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Warning } from "../../warning.ts";
import { accountOf } from "../auth_record.ts";
import type { AgentFacts } from "../authenticator.ts";
import { changeRecord, type CredentialStore } from "../credential_store.ts";
import { isObject, type JsonObject, textMember } from "../json.ts";
import type { AgentRecord } from "./agent_registration.ts";

/** How long to wait for another process that renews the login, ms. */
const LOCK_LIMIT_MS = 35_000;

/** What storing an agent works with. */
interface AgentStoreParts {
  readonly store: CredentialStore;
  readonly warn: (warning: Warning) => void;
}

/** Returns the stored agent of an account; `undefined` for one of another account and for an incomplete one. */
export async function storedAgent(
  store: CredentialStore,
  accountId: string,
): Promise<AgentRecord | undefined> {
  const agent = (await store.read())?.agentIdentity;
  if (typeof agent !== "object" || agent["account_id"] !== accountId) return undefined;
  const isComplete = textMember(agent, "agent_runtime_id") !== undefined &&
    textMember(agent, "agent_private_key") !== undefined;
  return isComplete ? agent : undefined;
}

/**
 * Stores an agent. A failure is a warning: the agent is then known to this process alone.
 *
 * @param accountId the stored login must still belong to it
 */
export async function storeAgent(
  agent: AgentRecord,
  accountId: string,
  parts: AgentStoreParts,
): Promise<void> {
  await change(parts, accountId, (raw) => ({ ...raw, agent_identity: agent }));
}

/**
 * Removes an agent that was refused. An agent that replaced it meanwhile stays.
 *
 * @param accountId as for {@link storeAgent}
 */
export async function removeAgent(
  refused: AgentFacts,
  accountId: string,
  parts: AgentStoreParts,
): Promise<void> {
  await change(parts, accountId, ({ agent_identity: agent, ...others }) => {
    if (!isObject(agent)) return undefined;
    const isRefused = agent["agent_runtime_id"] === refused.agentId && agent["task_id"] === refused.taskId;
    return isRefused ? others : undefined;
  });
}

async function change(
  { store, warn }: AgentStoreParts,
  accountId: string,
  next: (raw: JsonObject) => JsonObject | undefined,
): Promise<void> {
  const result = await store.lock(LOCK_LIMIT_MS);
  try {
    if (result.kind === "busy") {
      throw new CulvertError("auth_storage", `Another process is changing ${store.source.name}`);
    }
    await changeRecord(
      store,
      (present) =>
        present?.mode === "chatgpt" && accountOf(present) === accountId ? next(present.raw) : undefined,
    );
  } catch (error) {
    if (!(error instanceof CulvertError)) throw error;
    const message = `${error.message}; the change to the agent of the login is known to this process only`;
    warn({ code: "auth_not_saved", message });
  } finally {
    if (result.kind === "held") result.lock.release();
  }
}

/**
 * The agent that is kept beside the tokens of a ChatGPT login.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import type { Warning } from "../warning.ts";
import type { AgentRecord } from "./agent_registration.ts";
import { accountOf } from "./auth_record.ts";
import type { CredentialStore } from "./credential_store.ts";

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
 * Keeps an agent, or none any more. Where that cannot be, it lives in this process alone, which is a warning.
 *
 * @param accountId the login must still be of this account
 */
export async function keepAgent(
  agent: AgentRecord | undefined,
  accountId: string,
  { store, warn }: AgentStoreParts,
): Promise<void> {
  const result = await store.lock(LOCK_LIMIT_MS);
  try {
    if (result.kind === "busy") {
      throw new CulvertError("auth_storage", `${store.source.name} is being changed`);
    }
    const kept = await store.read();
    if (kept?.mode !== "chatgpt" || accountOf(kept) !== accountId) return;
    const { agent_identity: _, ...others } = kept.raw;
    const slot = await store.reserve();
    await slot.commit(agent === undefined ? others : { ...others, agent_identity: agent });
  } catch (error) {
    if (!(error instanceof CulvertError)) throw error;
    warn({
      code: "auth_not_saved",
      message: `${error.message}; the agent registered for the login lives in this process alone`,
    });
  } finally {
    if (result.kind === "held") result.lock.release();
  }
}

/**
 * The headers of the upgrade of a realtime websocket (codex client 0.171.0).
 *
 * @module
 */
import type { RealtimeVersion } from "../protocol/protocol_version.ts";

/** The ids of a session. */
export interface RealtimeIdentity {
  readonly sessionId: string;
  readonly threadId: string;
  /** Default: the thread id. */
  readonly realtimeSessionId?: string;
}

/** Returns new ids. */
export function newRealtimeIdentity(): RealtimeIdentity {
  return { sessionId: crypto.randomUUID(), threadId: crypto.randomUUID() };
}

/** The protocol that `openai-alpha` requests; the public one needs no header. */
const ALPHA: Readonly<Record<RealtimeVersion, Readonly<Record<string, string>>>> = {
  v1: { "openai-alpha": "quicksilver=v1" },
  v2: {},
  v3: { "openai-alpha": "quicksilver=v2" },
};

/** Returns the headers in addition to those of provider and credential. */
export function realtimeHeaders(
  version: RealtimeVersion,
  identity: RealtimeIdentity,
): Readonly<Record<string, string>> {
  return {
    ...ALPHA[version],
    "x-session-id": identity.realtimeSessionId ?? identity.threadId,
    "session-id": identity.sessionId,
    "thread-id": identity.threadId,
  };
}

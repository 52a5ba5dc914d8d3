/**
 * The ids and names in requests, as the codex client sends them (0.171.0), with the name of this program.
 *
 * @module
 */
import { originator } from "../../connect/user_agent.ts";
import type { Settings } from "../../config/settings.ts";
import type { Environment, World } from "../../world/world.ts";
import type { Provider } from "../../config/provider.ts";
import { serviceTierParameter, type TurnRequest } from "./request.ts";
import type { TraceContext } from "./trace_context.ts";

/** The ids of a session, which stay the same for all its requests. */
export interface Identity {
  readonly originator: string;
  readonly sessionId: string;
  readonly threadId: string;
  /**
   * The UUID that the codex client has created for this installation; sent if there is one, and only to
   * OpenAI.
   */
  readonly installationId?: string;
  /** The number of compactions of the conversation. Default 0. */
  readonly window?: number;
  /** The thread that this one was spawned by. */
  readonly parentThreadId?: string;
  /**
   * The kind of helper of another thread that this one is: `review`, `compact`, `collab_spawn`, or a label.
   */
  readonly subagent?: string;
}

/** The purpose of the request. */
export type RequestKind = "turn" | "prewarm" | "compaction" | "memory";

/** Returns the context of a first turn in a new session. */
export function firstTurnContext(
  { installationId }: Pick<Settings, "installationId">,
  { env, now }: Pick<World, "env" | "now">,
): RequestContext {
  const identity = newIdentity(env, installationId);
  return { identity, turnId: crypto.randomUUID(), kind: "turn", startedAt: now() };
}

/** Returns an identity with new ids. */
export function newIdentity(env: Environment, installationId?: string): Identity {
  return {
    originator: originator(env),
    sessionId: crypto.randomUUID(),
    threadId: crypto.randomUUID(),
    ...(installationId === undefined ? {} : { installationId }),
  };
}

/** The session, thread and turn that a request belongs to. */
export interface RequestContext {
  readonly identity: Identity;
  readonly turnId: string;
  readonly kind: RequestKind;
  /** Wall clock at the start of the turn, ms since 1970. */
  readonly startedAt?: number;
  /** The caller's span. */
  readonly trace?: TraceContext;
}

/** The fields of the turn metadata that depend on the request. */
export type DescribedRequest = Pick<TurnRequest, "model" | "reasoningEffort">;

/**
 * Features that a server may expect of this program. The codex client sends the name of remote compaction in every
 * request (0.171.0).
 */
const BETA_FEATURES = ["remote_compaction_v2"];

function windowId(identity: Identity): string {
  return `${identity.threadId}:${identity.window ?? 0}`;
}

/** Returns the parent thread and the kind of helper, which have the same names in headers and in metadata. */
function lineage({ parentThreadId, subagent }: Identity): Record<string, string> {
  return {
    ...(subagent === undefined ? {} : { "x-openai-subagent": subagent }),
    ...(parentThreadId === undefined ? {} : { "x-codex-parent-thread-id": parentThreadId }),
  };
}

/** Returns the headers of a connection over which no turn was requested yet. */
export function sessionHeaders(identity: Identity): Record<string, string> {
  return {
    "session-id": identity.sessionId,
    "thread-id": identity.threadId,
    "x-client-request-id": identity.threadId,
    "x-codex-window-id": windowId(identity),
    ...lineage(identity),
  };
}

/**
 * Returns the headers that HTTP requests and websocket handshakes have in common, except the originator,
 * which a provider may set.
 */
export function identityHeaders(context: RequestContext, request: DescribedRequest): Record<string, string> {
  return { ...sessionHeaders(context.identity), "x-codex-turn-metadata": turnMetadata(context, request) };
}

/** Returns the header that names the beta features; it is sent only to OpenAI's servers. */
export function betaHeaders({ name }: Pick<Provider, "name">): Record<string, string> {
  return name === "OpenAI" ? { "x-codex-beta-features": BETA_FEATURES.join(",") } : {};
}

/** Returns `client_metadata` of a body or a frame. */
export function clientMetadata(context: RequestContext, request: DescribedRequest): Record<string, string> {
  const { identity, kind, turnId } = context;
  return {
    ...(identity.installationId === undefined ? {} : { "x-codex-installation-id": identity.installationId }),
    "session_id": identity.sessionId,
    "thread_id": identity.threadId,
    "x-codex-window-id": windowId(identity),
    // A prewarm request belongs to no turn.
    "turn_id": kind === "prewarm" ? "" : turnId,
    ...(kind === "turn" ? { "root_turn_id": turnId } : {}),
    ...lineage(identity),
    "x-codex-turn-metadata": turnMetadata(context, request),
  };
}

/** Returns the turn metadata as JSON in ASCII, which is valid in a header. */
function turnMetadata(
  { identity, turnId, kind, startedAt }: RequestContext,
  { model, reasoningEffort }: DescribedRequest,
): string {
  const { subagent, window = 0 } = identity;
  const text = JSON.stringify({
    installation_id: identity.installationId,
    session_id: identity.sessionId,
    thread_id: identity.threadId,
    turn_id: kind === "prewarm" ? "" : turnId,
    window_id: windowId(identity),
    window_number: window,
    request_kind: kind,
    parent_thread_id: identity.parentThreadId,
    root_turn_id: kind === "turn" ? turnId : undefined,
    subagent_kind: subagent === "collab_spawn" ? "thread_spawn" : subagent,
    thread_source: subagent === undefined ? "user" : "subagent",
    turn_started_at_unix_ms: startedAt,
    model,
    reasoning_effort: reasoningEffort,
  });
  return text.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Returns `x-codex-routing-hint` for a backend that reads it. */
export function routingHint(model: string, serviceTier: string | undefined): string {
  const tier = serviceTierParameter(serviceTier);
  return tier === undefined ? `model=${model}` : `model=${model};tier=${tier}`;
}

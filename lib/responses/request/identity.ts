/**
 * What the program says of itself: header by header as the codex client does (0.169.0), under its own name.
 *
 * @module
 */
import type { Authorization } from "../../auth/authenticator.ts";
import { originator } from "../../connect/user_agent.ts";
import type { Provider } from "../../config/provider.ts";
import type { Environment } from "../../world/world.ts";
import { serviceTierParameter } from "./request.ts";
import type { TraceContext } from "./trace_context.ts";

/** Who speaks, for as long as a session lasts. */
export interface Identity {
  readonly originator: string;
  readonly sessionId: string;
  readonly threadId: string;
  /** A UUID that names this installation; sent only where it is known. */
  readonly installationId?: string;
  /** How often the conversation was compacted. Default 0. */
  readonly window?: number;
  /** The thread that this one was spawned by. */
  readonly parentThreadId?: string;
  /** What kind of helper of another thread this one is: `review`, `compact`, `collab_spawn`, or a label. */
  readonly subagent?: string;
}

/** What the request is for. */
export type RequestKind = "turn" | "prewarm" | "compaction" | "memory";

/** A fresh identity. */
export function newIdentity(env: Environment, installationId?: string): Identity {
  return {
    originator: originator(env),
    sessionId: crypto.randomUUID(),
    threadId: crypto.randomUUID(),
    ...(installationId === undefined ? {} : { installationId }),
  };
}

/** What one request is part of. */
export interface RequestContext {
  readonly identity: Identity;
  readonly turnId: string;
  readonly kind: RequestKind;
  /** The caller's span. */
  readonly trace?: TraceContext;
}

function windowId(identity: Identity): string {
  return `${identity.threadId}:${identity.window ?? 0}`;
}

/** Who asks on whose behalf, in headers and in metadata under the same names. */
function lineage({ parentThreadId, subagent }: Identity): Record<string, string> {
  return {
    ...(subagent === undefined ? {} : { "x-openai-subagent": subagent }),
    ...(parentThreadId === undefined ? {} : { "x-codex-parent-thread-id": parentThreadId }),
  };
}

/** The headers of a connection that no turn has asked for yet. */
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
 * The headers that HTTP requests and websocket handshakes have in common, but for the originator: a provider
 * may set that.
 */
export function identityHeaders(context: RequestContext): Record<string, string> {
  return { ...sessionHeaders(context.identity), "x-codex-turn-metadata": turnMetadata(context) };
}

/** `client_metadata` of a body or a frame. */
export function clientMetadata(context: RequestContext): Record<string, string> {
  const { identity } = context;
  return {
    ...(identity.installationId === undefined ? {} : { "x-codex-installation-id": identity.installationId }),
    "session_id": identity.sessionId,
    "thread_id": identity.threadId,
    "x-codex-window-id": windowId(identity),
    "turn_id": context.turnId,
    ...lineage(identity),
    "x-codex-turn-metadata": turnMetadata(context),
  };
}

/** Returns the turn metadata as JSON in ASCII, which is valid in a header. */
function turnMetadata({ identity, turnId, kind }: RequestContext): string {
  const text = JSON.stringify({
    installation_id: identity.installationId,
    session_id: identity.sessionId,
    thread_id: identity.threadId,
    turn_id: turnId,
    window_id: windowId(identity),
    request_kind: kind,
    parent_thread_id: identity.parentThreadId,
    subagent_kind: identity.subagent === "collab_spawn" ? "thread_spawn" : identity.subagent,
  });
  return text.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * Whether a request goes to OpenAI's own backend with a login of ChatGPT, and not with a credential of the
 * provider's own. Only there are the routing hint and compressed bodies understood.
 */
export function isCodexBackend(provider: Provider, authorization: Authorization): boolean {
  const { mode, source } = authorization;
  const byLogin = mode === "chatgpt" || mode === "personalAccessToken" || mode === "agentIdentity" ||
    mode === "headers";
  const own = source.kind === "provider_env" || source.kind === "provider_token" || source.kind === "command";
  return provider.name === "OpenAI" && provider.requiresOpenAiAuth && byLogin && !own;
}

/** `x-codex-routing-hint`, where the backend reads it. */
export function routingHint(model: string, serviceTier: string | undefined): string {
  const tier = serviceTierParameter(serviceTier);
  return tier === undefined ? `model=${model}` : `model=${model};tier=${tier}`;
}

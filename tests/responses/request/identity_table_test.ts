/** The identity headers and metadata of every kind of request, as a table. */
import type { Authorization } from "../../../lib/auth/authenticator.ts";
import type { Provider } from "../../../lib/config/provider.ts";
import type { Identity, RequestContext, RequestKind } from "../../../lib/responses/request/identity.ts";
import type { TurnRequest } from "../../../lib/responses/request/request.ts";
import { httpCallBody, httpCallHead } from "../../../lib/responses/transport/sse/http_call.ts";
import { handshake, requestFrame } from "../../../lib/responses/transport/websocket/websocket_call.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { HELLO, provider } from "../kit.ts";

const OPENAI: Provider = provider("https://chatgpt.com/backend-api/codex", {
  id: "openai",
  name: "OpenAI",
  requiresOpenAiAuth: true,
});
const GATEWAY: Provider = provider("https://gateway.example/v1", { name: "Gateway" });

/** One sender. */
interface Sender {
  readonly name: string;
  readonly provider: Provider;
  readonly authorization: Authorization;
  /** Whether the request goes to the ChatGPT backend with a login. */
  readonly isBackend: boolean;
}

const login: Authorization = {
  mode: "chatgpt",
  source: { kind: "file", name: "/auth.json" },
  headers: { authorization: "Bearer t", "chatgpt-account-id": "acc" },
};
const key: Authorization = {
  mode: "apikey",
  source: { kind: "env", name: "OPENAI_API_KEY" },
  headers: { authorization: "Bearer k" },
};

const SENDERS: readonly Sender[] = [
  { name: "a ChatGPT login to OpenAI", provider: OPENAI, authorization: login, isBackend: true },
  {
    name: "an agent to OpenAI",
    provider: OPENAI,
    authorization: { ...login, mode: "agentIdentity" },
    isBackend: true,
  },
  { name: "an API key to OpenAI", provider: OPENAI, authorization: key, isBackend: false },
  {
    name: "a token of the provider's own to OpenAI",
    provider: OPENAI,
    authorization: { ...login, source: { kind: "provider_token", name: "experimental_bearer_token" } },
    isBackend: false,
  },
  { name: "an API key to a gateway", provider: GATEWAY, authorization: key, isBackend: false },
  { name: "a ChatGPT login to a gateway", provider: GATEWAY, authorization: login, isBackend: false },
];

const PLAIN: Identity = { originator: "culvert", sessionId: "s-1", threadId: "t-1" };
const IDENTITIES: Readonly<Record<string, Identity>> = {
  plain: PLAIN,
  installed: { ...PLAIN, installationId: "i-1" },
  "a helper": { ...PLAIN, parentThreadId: "t-0", subagent: "collab_spawn" },
  compacted: { ...PLAIN, window: 2 },
};

/** One request: its sender, transport and purpose. */
interface Case {
  readonly sender: Sender;
  readonly identity: Identity;
  readonly kind: RequestKind;
  readonly over: "POST" | "upgrade" | "upgrade without a request";
  readonly request: TurnRequest;
}

type Rule = (one: Case) => string | undefined;

const windowOf = ({ identity }: Case) => `${identity.threadId}:${identity.window ?? 0}`;
const always = (value: (one: Case) => string): Rule => value;
const never: Rule = () => undefined;

/** Header by header: its value, or `undefined` if it must not be sent. */
const HEADERS: Readonly<Record<string, Rule>> = {
  originator: always(({ identity }) => identity.originator),
  "session-id": always(({ identity }) => identity.sessionId),
  "thread-id": always(({ identity }) => identity.threadId),
  "x-client-request-id": always(({ identity }) => identity.threadId),
  "x-codex-window-id": always(windowOf),
  "x-codex-parent-thread-id": ({ identity }) => identity.parentThreadId,
  "x-openai-subagent": ({ identity }) => identity.subagent,
  "x-codex-beta-features": ({ sender }) => sender.provider === OPENAI ? "remote_compaction_v2" : undefined,
  "x-codex-routing-hint": ({ over, sender }) =>
    sender.isBackend && over !== "upgrade without a request" ? "model=gpt-test;tier=priority" : undefined,
  "openai-beta": ({ over }) => over === "POST" ? undefined : "responses_websockets=2026-02-06",
  accept: ({ over }) => over === "POST" ? "text/event-stream" : undefined,
  "content-type": ({ over }) => over === "POST" ? "application/json" : undefined,
  "x-codex-turn-state": ({ over }) => over === "POST" ? "ts-1" : undefined,
  "x-codex-installation-id": never,
  "x-openai-memgen-request": never,
  "x-oai-attestation": never,
};

/** Key by key of `client_metadata`. */
const METADATA: Readonly<Record<string, Rule>> = {
  session_id: always(({ identity }) => identity.sessionId),
  thread_id: always(({ identity }) => identity.threadId),
  "x-codex-window-id": always(windowOf),
  "x-codex-installation-id": ({ identity }) => identity.installationId,
  turn_id: ({ kind }) => kind === "prewarm" ? "" : "turn-1",
  root_turn_id: ({ kind }) => kind === "turn" ? "turn-1" : undefined,
  "x-openai-subagent": ({ identity }) => identity.subagent,
  "x-codex-parent-thread-id": ({ identity }) => identity.parentThreadId,
};

/** Key by key of the turn metadata. */
const TURN: Readonly<Record<string, Rule>> = {
  installation_id: ({ identity }) => identity.installationId,
  session_id: always(({ identity }) => identity.sessionId),
  thread_id: always(({ identity }) => identity.threadId),
  turn_id: ({ kind }) => kind === "prewarm" ? "" : "turn-1",
  root_turn_id: ({ kind }) => kind === "turn" ? "turn-1" : undefined,
  window_id: always(windowOf),
  window_number: always(({ identity }) => String(identity.window ?? 0)),
  request_kind: always(({ kind }) => kind),
  parent_thread_id: ({ identity }) => identity.parentThreadId,
  subagent_kind: ({ identity }) => identity.subagent === undefined ? undefined : "thread_spawn",
  thread_source: ({ identity }) => identity.subagent === undefined ? "user" : "subagent",
  turn_started_at_unix_ms: always(() => "1700000000000"),
  model: always(({ request }) => request.model),
  reasoning_effort: ({ request }) => request.reasoningEffort,
};

/** Additional metadata of a websocket frame. */
const FRAME: Readonly<Record<string, Rule>> = {
  ...METADATA,
  "x-codex-turn-state": always(() => "ts-1"),
  "x-codex-ws-stream-request-start-ms": always(() => "1700000000500"),
  ws_request_header_x_openai_internal_codex_responses_lite: ({ request }) =>
    request.lite === true ? "true" : undefined,
};

function contextOf({ identity, kind }: Case): RequestContext {
  return { identity, turnId: "turn-1", kind, startedAt: 1_700_000_000_000 };
}

function callOf(one: Case) {
  const { request, sender: { authorization } } = one;
  return { request, authorization, context: contextOf(one), turnState: "ts-1" };
}

function headersOf(one: Case): Map<string, string> {
  const { identity, over, request, sender } = one;
  const first = over === "upgrade" ? { first: { context: contextOf(one), request } } : {};
  const { headers } = over === "POST"
    ? httpCallHead(callOf(one), sender.provider)
    : handshake({ authorization: sender.authorization, identity, ...first }, sender.provider);
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function checkTable(table: Readonly<Record<string, Rule>>, found: Map<string, unknown>, one: Case): void {
  for (const [name, rule] of Object.entries(table)) {
    const value = found.get(name);
    assertEquals(value === undefined ? undefined : String(value), rule(one), name);
  }
}

function* cases(): Generator<Case> {
  const requests = [
    { ...HELLO, serviceTier: "fast" },
    { ...HELLO, serviceTier: "fast", reasoningEffort: "high", lite: true },
  ];
  for (const sender of SENDERS) {
    for (const identity of Object.values(IDENTITIES)) {
      for (const kind of ["turn", "prewarm", "compaction"] as const) {
        for (const over of ["POST", "upgrade", "upgrade without a request"] as const) {
          for (const request of requests) yield { sender, identity, kind, over, request };
        }
      }
    }
  }
}

for (const sender of SENDERS) {
  Deno.test(`${sender.name}: every header and every metadata key is sent exactly where the table lists it`, () => {
    let count = 0;
    for (const one of cases()) {
      if (one.sender !== sender) continue;
      count++;
      const headers = headersOf(one);
      checkTable(HEADERS, headers, one);
      const text = headers.get("x-codex-turn-metadata");
      assertEquals(text === undefined, one.over === "upgrade without a request");
      if (text !== undefined) {
        assert(/^[\x20-\x7e]+$/.test(text));
        checkTable(TURN, new Map(Object.entries(JSON.parse(text))), one);
      }
      const frame = JSON.parse(requestFrame(callOf(one), sender.provider, {}, 1_700_000_000_500));
      checkTable(FRAME, new Map(Object.entries(frame.client_metadata)), one);
      const body = httpCallBody(callOf(one), sender.provider);
      checkTable(METADATA, new Map(Object.entries(body.client_metadata)), one);
      assertEquals(
        body.client_metadata["x-codex-turn-metadata"],
        frame.client_metadata["x-codex-turn-metadata"],
      );
    }
    assertEquals(count, 72);
  });
}

Deno.test("characters outside ASCII are escaped in the turn metadata, so that a header can contain it", () => {
  const identity = { ...PLAIN, subagent: "prüfung 検査" };
  const [one] = cases();
  assert(one !== undefined);
  const text = headersOf({ ...one, identity }).get("x-codex-turn-metadata") ?? "";
  assert(/^[\x20-\x7e]+$/.test(text));
  assertEquals(JSON.parse(text).subagent_kind, "prüfung 検査");
});

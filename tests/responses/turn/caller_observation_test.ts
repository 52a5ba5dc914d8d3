/** The identity of the caller in observations: the facts that sinks may export, and no secret. */
import { createAuthenticator } from "../../../lib/connect/create_authenticator.ts";
import { AuthEvidence } from "../../../lib/observe/evidence/feedback_tags.ts";
import { type MockApi, startMockApi } from "../../../lib/mock/api/api.ts";
import { writeLogin } from "../../../lib/mock/oauth/login_file.ts";
import { serverError, unauthorized } from "../../../lib/mock/api/refusals.ts";
import { type Observation, observerOf } from "../../../lib/net/observer.ts";
import { Session } from "../../../lib/responses/turn/session.ts";
import { TestHome, testWorld } from "../../auth/kit.ts";
import { dialerFor } from "../../net/kit.ts";
import { assert, assertEquals, assertExcludes } from "../../support/assert.ts";
import { HELLO, provider, readTurn } from "../kit.ts";

const ENVIRONMENT = {
  openaiApiKey: false,
  codexApiKey: false,
  codexApiKeyEnabled: true,
  refreshTokenUrlOverride: true,
};

/** A session for which an agent signs, and all its observations. */
class Rig implements AsyncDisposable {
  readonly seen: Observation[] = [];
  readonly evidence: AuthEvidence;
  readonly session: Session;
  readonly api: MockApi;
  readonly home: TestHome;
  readonly #close: () => void;

  private constructor(
    api: MockApi,
    home: TestHome,
    dialer: Awaited<ReturnType<typeof dialerFor>>,
    transport: "sse" | "ws",
  ) {
    this.api = api;
    this.home = home;
    const world = testWorld({
      CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL: `${api.origin}/api/accounts`,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${api.origin}/oauth/token`,
    });
    const settings = {
      codexHome: home.path,
      provider: provider(api.baseUrl, {
        requiresOpenAiAuth: true,
        supportsWebsockets: true,
        requestMaxRetries: 0,
      }),
      useAgentIdentity: true,
    };
    const observer = observerOf((one: Observation) => {
      this.seen.push(one);
      this.evidence.observer.observe(one);
    });
    const authenticator = createAuthenticator({ settings, dialer, world, observer });
    const { facts } = authenticator;
    this.evidence = new AuthEvidence({ env: world.env, provider: settings.provider, now: Date.now, facts });
    this.session = new Session({
      dialer,
      authenticator,
      provider: settings.provider,
      world,
      observer,
      transport: transport,
    });
    this.#close = () => dialer.close();
  }

  static async start(transport: "sse" | "ws"): Promise<Rig> {
    const api = await startMockApi({ plain: true });
    const home = new TestHome();
    await writeLogin(home.path, api.oauth);
    return new Rig(api, home, await dialerFor(), transport);
  }

  async turn(): Promise<void> {
    await readTurn(this.session.turn(HELLO));
  }

  /** Returns the observations since the last call, without notes and turns. */
  told(): readonly Observation[] {
    return this.seen.splice(0).filter(({ kind }) => kind !== "note" && kind !== "turn");
  }

  /** All values that must not be in an observation. */
  secrets(): readonly string[] {
    const { tokens, agent_identity: agent } = this.home.json();
    const assertions = this.api.log.all.map(({ headers }) => headers["authorization"]?.split(" ")[1] ?? "");
    const known = [...Object.values(tokens), Object(agent).agent_private_key, ...assertions];
    return known.filter((text) => text !== "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.session.close();
    this.#close();
    await this.api.close();
    await this.home[Symbol.asyncDispose]();
  }
}

/** An observation without clock readings and random ids. */
function facts(one: Observation | undefined): Record<string, unknown> {
  const varying = new Set(["durationMs", "startedAt", "spanId", "sessionId", "turnId", "model"]);
  return Object.fromEntries(Object.entries(one ?? {}).filter(([name]) => !varying.has(name)));
}

const agentOf = (one: Observation | undefined) =>
  one?.kind === "request" || one?.kind === "response" || one?.kind === "recovery"
    ? [one.agentId, one.taskId]
    : undefined;

const REFUSED = {
  requestId: "req_mock_401",
  cfRay: "8f00000000000000-FRA",
  authError: "invalid_authorization",
  authErrorCode: "agent_unknown",
};

Deno.test("a 401 over HTTP is observed with route, status, evidence, kind of credential, environment and agent", async () => {
  await using rig = await Rig.start("sse");
  await rig.turn();
  const [agentId, taskId] = agentOf(rig.told()[0]) ?? [];
  assert(agentId !== undefined && taskId !== undefined);
  rig.api.oauth.agents.dismissAll();
  await rig.turn();
  const [refused, recovery, retried, response, ...rest] = rig.told();
  assertEquals(facts(refused), {
    kind: "request",
    transport: "http",
    endpoint: "/responses",
    attempt: 0,
    status: 401,
    error: "http 401",
    authHeaderAttached: true,
    evidence: REFUSED,
    authMode: "Chatgpt",
    agentId,
    taskId,
    environment: ENVIRONMENT,
  });
  assertEquals(facts(recovery), {
    kind: "recovery",
    mode: "managed",
    phase: "refresh_token",
    outcome: "recovery_succeeded",
    reason: "ready",
    stateChanged: true,
    count: 1,
    endpoint: "/responses",
    transport: "http",
    evidence: REFUSED,
    agentId,
    taskId,
  });
  assertEquals(agentOf(retried), agentOf(response));
  assert(agentOf(retried)?.[0] !== agentId, "the retry is signed by another");
  assertEquals(rest, []);
  const tags = rig.evidence.tags();
  assertEquals([tags["auth_agent_id"], tags["auth_task_id"]], agentOf(retried));
  assertEquals([tags["auth_401_error_code"], tags["auth_recovery_phase"]], [
    "agent_unknown",
    "refresh_token",
  ]);
});

Deno.test("a refused handshake, the recovery and each request on the socket are observed with the same facts", async () => {
  await using rig = await Rig.start("ws");
  rig.api.enqueueHandshake({ kind: "refuse", refusal: unauthorized("agent_unknown") });
  await rig.turn();
  await rig.turn();
  const [handshake, recovery, opened, , again, response] = rig.told();
  const { agentId, taskId, ...caller } = {
    authMode: "Chatgpt",
    ...idsOf(handshake),
    environment: ENVIRONMENT,
  };
  assert(agentId !== undefined && taskId !== undefined);
  assertEquals(facts(handshake), {
    kind: "request",
    transport: "websocket",
    endpoint: "/responses",
    attempt: 0,
    status: 401,
    error: "http 401",
    authHeaderAttached: true,
    evidence: REFUSED,
    ...caller,
    agentId,
    taskId,
  });
  assertEquals([recovery?.kind, ...agentOf(recovery) ?? []], ["recovery", agentId, taskId]);
  for (const [one, reused] of [[opened, false], [again, true], [response, true]] as const) {
    const { connectionReused, authMode, environment, transport } = facts(one);
    assertEquals([transport, connectionReused, authMode, environment], [
      "websocket",
      reused,
      "Chatgpt",
      ENVIRONMENT,
    ]);
    assertEquals(agentOf(one), agentOf(opened));
  }
});

Deno.test("a request that fails on an open socket is observed with its status, and without any part of the body", async () => {
  await using rig = await Rig.start("ws");
  await rig.turn();
  rig.told();
  rig.api.enqueue({ refusal: { ...serverError(), body: { error: { message: "canary-in-the-body" } } } });
  await rig.turn();
  const failed = rig.told().find((one) => one.kind === "response" && one.outcome === "failed");
  const { error, connectionReused, authMode, environment } = facts(failed);
  assertEquals([error, connectionReused, authMode, environment], ["http 500", true, "Chatgpt", ENVIRONMENT]);
  assert(agentOf(failed)?.[0] !== undefined);
  assertExcludes(JSON.stringify([rig.seen, failed]), "canary-in-the-body");
});

for (const transport of ["sse", "ws"] as const) {
  Deno.test(`no observation of a session over ${transport} contains a secret, before or after a refusal`, async () => {
    await using rig = await Rig.start(transport);
    await rig.turn();
    const before = rig.secrets();
    rig.api.oauth.agents.dismissAll();
    rig.api.enqueue({ refusal: unauthorized("agent_unknown", `You sent ${before.at(-1)}`) });
    await rig.turn();
    const everything = JSON.stringify([rig.seen, rig.evidence.tags()]);
    assert(rig.seen.some(({ kind }) => kind === "recovery"));
    for (const secret of [...before, ...rig.secrets()]) assertExcludes(everything, secret);
  });
}

function idsOf(one: Observation | undefined) {
  const [agentId, taskId] = agentOf(one) ?? [];
  return { agentId, taskId };
}

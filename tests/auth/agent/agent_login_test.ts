import { createAuthenticator, type SessionAuthenticator } from "../../../lib/connect/create_authenticator.ts";
import type { Authorization } from "../../../lib/auth/authenticator.ts";
import { type MockApi, startMockApi } from "../../../lib/mock/api/api.ts";
import { writeLogin } from "../../../lib/mock/oauth/login_file.ts";
import { type Observation, observerOf } from "../../../lib/net/observer.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import {
  failureOf,
  HOUR_MS,
  loginText,
  MINUTE_MS,
  plainDialer,
  TestHome,
  testProvider,
  testWorld,
} from "../kit.ts";

const DOWN = { status: 503, body: "" };

/** One authority and one home, on which sessions are opened as by separate processes. */
class Rig implements AsyncDisposable {
  readonly api: MockApi;
  readonly home = new TestHome();
  readonly warnings: string[] = [];
  readonly seen: Observation[] = [];
  now = Date.now();

  private constructor(api: MockApi) {
    this.api = api;
  }

  static async start(): Promise<Rig> {
    const rig = new Rig(await startMockApi({ plain: true, oauth: { accessTokenLifetimeMs: 240 * HOUR_MS } }));
    await writeLogin(rig.home.path, rig.api.oauth);
    return rig;
  }

  get asked(): readonly string[] {
    return this.api.oauth.agents.requests.map(({ kind, status }) => `${kind} ${status}`);
  }

  get env(): Record<string, string> {
    return {
      CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL: `${this.api.origin}/api/accounts`,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${this.api.origin}/oauth/token`,
    };
  }

  /** @param before called with the path of each request to the authority */
  session(
    env: Readonly<Record<string, string>> = {},
    before: (path: string) => void = () => {},
  ): SessionAuthenticator {
    return createAuthenticator({
      settings: { codexHome: this.home.path, provider: testProvider(), useAgentIdentity: true },
      dialer: plainDialer(({ url }) => before(url.pathname)),
      world: testWorld({ ...this.env, ...env }, () => this.now),
      observer: observerOf((one) => this.seen.push(one)),
      warn: ({ code }) => this.warnings.push(code),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.close();
    await this.home[Symbol.asyncDispose]();
  }
}

const schemeOf = ({ headers }: Authorization) => headers["authorization"]?.split(" ")[0];

function refuse(session: SessionAuthenticator, sent: Authorization) {
  return session.startTurn().recover({ endpoint: "/responses", transport: "http", evidence: {}, sent });
}

Deno.test("an authorization names the agent and the task that its assertion is signed for", async () => {
  await using rig = await Rig.start();
  const { mode, agent, headers } = await rig.session().authorize();
  const [, blob = ""] = (headers["authorization"] ?? "").split(" ");
  const said = JSON.parse(atob(blob.replaceAll("-", "+").replaceAll("_", "/")));
  assertEquals([mode, agent], ["agentIdentity", { agentId: said.agent_runtime_id, taskId: said.task_id }]);
  assert(await rig.api.oauth.agents.accepts(headers["authorization"] ?? ""));
  assert(!await rig.api.oauth.agents.accepts(`AgentAssertion ${btoa('{"agent_runtime_id":"x"}')}`));
});

Deno.test("the list of models is requested with the login itself", async () => {
  await using rig = await Rig.start();
  const session = rig.session();
  assertEquals(schemeOf(await session.authorize(undefined, "/models")), "Bearer");
  assertEquals([schemeOf(await session.authorize()), rig.asked.length], ["AgentAssertion", 2]);
});

Deno.test("a cooldown lasts an hour and applies only to this account and this authorization server", async () => {
  await using rig = await Rig.start();
  rig.api.oauth.agents.failNext(DOWN, DOWN, DOWN);
  const first = rig.session();
  assertEquals([schemeOf(await first.authorize()), rig.asked.length], ["Bearer", 3]);
  rig.now += HOUR_MS - MINUTE_MS;
  assertEquals([schemeOf(await rig.session().authorize()), rig.asked.length], ["Bearer", 3]);
  const elsewhere = rig.session({
    CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL: `${rig.api.origin}/api/accounts/`.replace(
      "localhost",
      "127.0.0.1",
    ),
  });
  assertEquals([schemeOf(await elsewhere.authorize()), rig.asked.length], ["AgentAssertion", 5]);
  rig.home.store(
    rig.home.text().replace("acc-mock-0001", "acc-mock-0002").replace(/,\s*"agent_identity[^}]*}/, ""),
  );
  assertEquals([schemeOf(await rig.session().authorize()), rig.asked.length], ["AgentAssertion", 7]);
  rig.home.store(
    rig.home.text().replace("acc-mock-0002", "acc-mock-0001").replace(/,\s*"agent_identity[^}]*}/, ""),
  );
  assertEquals([schemeOf(await rig.session().authorize()), rig.asked.length], ["Bearer", 7]);
  rig.now += 2 * MINUTE_MS;
  assertEquals([schemeOf(await rig.session().authorize()), rig.asked.length], ["AgentAssertion", 9]);
  // The session that started the cooldown keeps its decision.
  assertEquals([schemeOf(await first.authorize()), rig.warnings], ["Bearer", ["agent_unavailable"]]);
});

Deno.test("a cooldown that a clock far ahead wrote is ignored", async () => {
  await using rig = await Rig.start();
  rig.api.oauth.agents.failNext(DOWN, DOWN, DOWN);
  rig.now += 48 * HOUR_MS;
  await rig.session().authorize();
  rig.now -= 48 * HOUR_MS;
  assertEquals(schemeOf(await rig.session().authorize()), "AgentAssertion");
});

Deno.test("an agent of another account, or one that cannot sign, is not used and is replaced", async () => {
  await using rig = await Rig.start();
  await rig.session().authorize();
  const { agent_identity: agent, ...others } = rig.home.json();
  let asked = rig.asked.length;
  for (
    const change of [{ account_id: "acc-2" }, { agent_private_key: "bm8ga2V5" }, { agent_runtime_id: "" }]
  ) {
    rig.home.store(JSON.stringify({ ...others, agent_identity: { ...Object(agent), ...change } }));
    assertEquals(schemeOf(await rig.session().authorize()), "AgentAssertion");
    assertEquals(rig.asked.length, asked += 2);
    assertEquals(Object(rig.home.json()["agent_identity"]).account_id, "acc-mock-0001");
  }
});

Deno.test("an agent that only lacks a task receives one and keeps its key", async () => {
  await using rig = await Rig.start();
  await rig.session().authorize();
  const { task_id: _, ...agent } = Object(rig.home.json()["agent_identity"]);
  rig.home.store(JSON.stringify({ ...rig.home.json(), agent_identity: agent }));
  assertEquals(schemeOf(await rig.session().authorize()), "AgentAssertion");
  assertEquals(rig.asked.slice(2), ["task 200"]);
  assertEquals(Object(rig.home.json()["agent_identity"]).agent_private_key, agent.agent_private_key);
});

Deno.test("an agent that another process registered after a refusal is used without a request", async () => {
  await using rig = await Rig.start();
  const [mine, theirs] = [rig.session(), rig.session()];
  const sent = await mine.authorize();
  rig.api.oauth.agents.dismissAll();
  assertEquals((await refuse(theirs, await theirs.authorize())).resend, true);
  assertEquals(rig.asked.length, 4);
  assertEquals(await refuse(mine, sent), { resend: true, phase: "reload" });
  assertEquals(rig.asked.length, 4);
  assertEquals((await mine.authorize()).agent, (await theirs.authorize()).agent);
  const recovery = rig.seen.findLast((one) => one.kind === "recovery");
  assertEquals(recovery?.kind === "recovery" && [recovery.stateChanged, recovery.agentId, recovery.taskId], [
    true,
    sent.agent?.agentId,
    sent.agent?.taskId,
  ]);
});

Deno.test("two turns that are refused at the same time register one agent, and so does one after the other", async () => {
  await using rig = await Rig.start();
  const session = rig.session();
  const sent = await session.authorize();
  rig.api.oauth.agents.dismissAll();
  const both = await Promise.all([refuse(session, sent), refuse(session, sent)]);
  assertEquals([both.map(({ resend }) => resend), rig.asked.length], [[true, true], 4]);
  assertEquals(await refuse(session, sent), { resend: true, phase: "reload" });
  assertEquals([rig.asked.length, rig.api.oauth.refreshCount], [4, 0]);
});

Deno.test("a refused agent that cannot be replaced for now is removed, and the login is sent", async () => {
  await using rig = await Rig.start();
  const session = rig.session();
  const sent = await session.authorize();
  rig.api.oauth.agents.dismissAll();
  rig.api.oauth.agents.failNext(DOWN, DOWN, DOWN);
  assertEquals(await refuse(session, sent), { resend: true, phase: "refresh_token" });
  const next = await session.authorize();
  assertEquals([next.mode, schemeOf(next), rig.warnings], ["chatgpt", "Bearer", ["agent_unavailable"]]);
  assert(!("agent_identity" in rig.home.json()));
  // Another turn of the session that was refused before recovers in the same way.
  assertEquals([await refuse(session, sent), rig.asked.length], [{ resend: true, phase: "reload" }, 5]);
  // From here on a refusal concerns the login, which recovers as usual.
  rig.api.oauth.rejectAccessToken(next.headers["authorization"]?.slice(7) ?? "");
  assertEquals((await refuse(session, next)).resend, true);
  assertEquals(rig.api.oauth.refreshCount, 1);
});

Deno.test("a refused agent whose replacement is forbidden ends the turn with the reason", async () => {
  await using rig = await Rig.start();
  const session = rig.session();
  const sent = await session.authorize();
  rig.api.oauth.agents.failNext({ status: 403, body: "" });
  const end = await refuse(session, sent);
  assert(!end.resend);
  assertEquals([end.outcome, end.reason, rig.asked.length], [
    "recovery_failed_permanent",
    "agent_refused",
    3,
  ]);
  assertIncludes(end.error.message, "Cannot register an agent");
});

Deno.test("another account in the file ends the recovery of an agent as it does that of a login", async () => {
  await using rig = await Rig.start();
  const session = rig.session();
  const sent = await session.authorize();
  rig.home.store(loginText({ account: "acc-2", access: "other" }));
  const end = await refuse(session, sent);
  assertEquals([end.resend === false && end.reason, rig.asked.length], ["account_changed", 2]);
});

Deno.test("a refresh of the login keeps the agent beside it", async () => {
  await using rig = await Rig.start();
  const session = rig.session();
  const { agent } = await session.authorize();
  const models = await session.authorize(undefined, "/models");
  assertEquals((await refuse(session, models)).resend, true);
  assertEquals([rig.api.oauth.refreshCount, (await rig.session().authorize()).agent], [1, agent]);
});

Deno.test("where the file cannot be written any more the agent is kept in memory, with a warning", async () => {
  await using rig = await Rig.start();
  const session = rig.session({}, (path) => {
    if (path.endsWith("/task/register")) rig.home.store("{");
  });
  const { agent } = await session.authorize();
  assertEquals([agent !== undefined, rig.home.text(), rig.warnings], [true, "{", ["auth_not_saved"]]);
  assertEquals([(await session.authorize()).agent, rig.asked.length], [agent, 2]);
});

Deno.test("a caller that only reads registers no agent", async () => {
  await using rig = await Rig.start();
  const session = createAuthenticator({
    settings: { codexHome: rig.home.path, provider: testProvider(), useAgentIdentity: true },
    dialer: plainDialer(),
    world: testWorld(rig.env),
    isLookingOnly: true,
  });
  assertEquals([schemeOf(await session.authorize()), rig.asked], ["Bearer", []]);
});

Deno.test("the failure of a forbidden agent is not kept: the next turn asks again, once", async () => {
  await using rig = await Rig.start();
  rig.api.oauth.agents.failNext({ status: 403, body: "canary" });
  const session = rig.session();
  const error = await failureOf(session.authorize());
  assertEquals([error.code, error.details["status"], rig.asked], ["auth_rejected", 403, ["agent 403"]]);
  assertExcludes(JSON.stringify([error.message, error.hint, error.details]), "canary");
  assertEquals([schemeOf(await session.authorize()), rig.asked.length], ["AgentAssertion", 3]);
});

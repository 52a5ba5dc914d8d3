/** Agents that were refused, and callers that abort. */
import { createAuthenticator, type SessionAuthenticator } from "../../../lib/connect/create_authenticator.ts";
import type { Authorization } from "../../../lib/auth/authenticator.ts";
import { startMockApi } from "../../../lib/mock/api/api.ts";
import { writeLogin } from "../../../lib/mock/oauth/login_file.ts";
import { assertEquals } from "../../support/assert.ts";
import { HOUR_MS, plainDialer, TestHome, testProvider, testWorld } from "../kit.ts";

const DOWN = { status: 503, body: "" };

/** A stored login, the authority of its agents, and sessions that use them as separate processes would. */
async function startRig() {
  const api = await startMockApi({ plain: true, oauth: { accessTokenLifetimeMs: 240 * HOUR_MS } });
  const home = new TestHome();
  await writeLogin(home.path, api.oauth);
  const world = testWorld({
    CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL: `${api.origin}/api/accounts`,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${api.origin}/oauth/token`,
  });
  return {
    api,
    home,
    /** @param before called with the path of each request to the authority */
    session: (before: (path: string) => void = () => {}): SessionAuthenticator =>
      createAuthenticator({
        settings: { codexHome: home.path, provider: testProvider(), useAgentIdentity: true },
        dialer: plainDialer(({ url }) => before(url.pathname)),
        world,
      }),
    stored: () => Object(home.json())["agent_identity"],
    /** Writes the file as another program would. */
    store: (agent: unknown) => home.store(JSON.stringify({ ...home.json(), agent_identity: agent })),
    async [Symbol.asyncDispose]() {
      await api.close();
      await home[Symbol.asyncDispose]();
    },
  };
}

function refuse(session: SessionAuthenticator, sent: Authorization) {
  return session.startTurn().recover({ endpoint: "/responses", transport: "http", evidence: {}, sent });
}

Deno.test("a refused agent is removed during a cooldown too, so that the next start does not use it", async () => {
  await using rig = await startRig();
  const session = rig.session();
  const sent = await session.authorize();
  const refused = rig.stored();
  rig.api.oauth.agents.dismissAll();
  rig.api.oauth.agents.failNext(DOWN, DOWN, DOWN);
  await refuse(session, sent);
  rig.store(refused);
  const later = rig.session();
  const again = await later.authorize();
  assertEquals(again.mode, "agentIdentity");
  await refuse(later, again);
  assertEquals([rig.stored(), (await rig.session().authorize()).mode], [undefined, "chatgpt"]);
});

Deno.test("an agent that another program stored during our failed registration is kept", async () => {
  await using rig = await startRig();
  await rig.session().authorize();
  const other = { ...rig.stored(), agent_runtime_id: "agent-of-another-program" };
  const session = rig.session((path) => {
    if (path.endsWith("/agent/register")) rig.store(other);
  });
  const sent = await session.authorize();
  rig.api.oauth.agents.dismissAll();
  rig.api.oauth.agents.failNext(DOWN, DOWN, DOWN);
  await refuse(session, sent);
  assertEquals(rig.stored(), other);
});

Deno.test("a request that is aborted before it starts registers no agent", async () => {
  await using rig = await startRig();
  rig.api.oauth.agents.failNext({ status: 403, body: "" });
  const reason = new Error("stopped before it began");
  const outcome = await rig.session().authorize(AbortSignal.abort(reason)).catch((error: unknown) => error);
  assertEquals([outcome, rig.api.oauth.agents.requests], [reason, []]);
});

Deno.test("of two callers that wait for one task, an abort of the first does not fail the second", async () => {
  await using rig = await startRig();
  await rig.session().authorize();
  const { task_id: _, ...identity } = rig.stored();
  const record = { auth_mode: "agentIdentity", OPENAI_API_KEY: null, agent_identity: identity };
  rig.home.store(JSON.stringify(record));
  const stop = new AbortController();
  const session = rig.session((path) => {
    if (path.includes("/task/")) stop.abort(new Error("given up"));
  });
  const [first, second] = await Promise.allSettled([session.authorize(stop.signal), session.authorize()]);
  assertEquals([first.status, second.status], ["rejected", "fulfilled"]);
});

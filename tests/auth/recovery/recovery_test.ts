import { createAuthenticator, type SessionAuthenticator } from "../../../lib/connect/create_authenticator.ts";
import { AuthEvidence } from "../../../lib/observe/evidence/feedback_tags.ts";
import type { RecoveryResult, Rejection } from "../../../lib/auth/authenticator.ts";
import type { Provider } from "../../../lib/config/provider.ts";
import { type Observation, observerOf, type RecoveryObservation } from "../../../lib/net/observer.ts";
import { serverEvidence } from "../../../lib/net/server_evidence.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import {
  accessToken,
  HOUR_MS,
  loginText,
  plainDialer,
  TestAuthority,
  TestHome,
  testProvider,
  testWorld,
} from "../kit.ts";

const fresh = (name: string) => accessToken(name, Date.now() + 240 * HOUR_MS);
const EVIDENCE = serverEvidence(
  new Headers({
    "x-request-id": "req-401",
    "cf-ray": "ray-401",
    "x-openai-authorization-error": "expired",
    "x-error-json": btoa('{"error":{"code":"token_expired"}}'),
  }),
);
const REJECTION: Omit<Rejection, "sent"> = {
  endpoint: "/responses",
  transport: "http",
  evidence: EVIDENCE,
  url: new URL("https://api.corp.example/v1/responses?api-version=secret-query"),
};

interface Session {
  readonly authenticator: SessionAuthenticator;
  readonly seen: Observation[];
  /** Sends until the server accepts a token, which must be `accepted`, or recovery ends. */
  readonly turn: (accepted: string | undefined, extra?: Partial<Rejection>) => Promise<Turn>;
}

interface Turn {
  readonly sent: string[];
  readonly phases: string[];
  readonly end: RecoveryResult | undefined;
}

function session(
  home: TestHome,
  env: Readonly<Record<string, string>> = {},
  provider: Partial<Provider> = {},
): Session {
  const seen: Observation[] = [];
  const authenticator = createAuthenticator({
    settings: { codexHome: home.path, provider: testProvider(provider) },
    dialer: plainDialer(),
    world: testWorld(env),
    observer: observerOf((observation) => seen.push(observation)),
  });
  return {
    authenticator,
    seen,
    turn: async (accepted, extra = {}) => {
      const recovery = authenticator.startTurn();
      const sent: string[] = [];
      const phases: string[] = [];
      while (true) {
        const authorization = await authenticator.authorize();
        const header = authorization.headers["authorization"] ?? "";
        sent.push(header.replace("Bearer ", ""));
        if (accepted !== undefined && header === `Bearer ${accepted}`) {
          return { sent, phases, end: undefined };
        }
        const end = await recovery.recover({ ...REJECTION, sent: authorization, ...extra });
        if (!end.resend) return { sent, phases, end };
        phases.push(end.phase);
        assert(sent.length < 10, "a turn that does not end");
      }
    },
  };
}

const recoveries = (seen: readonly Observation[]) =>
  seen.filter((one): one is RecoveryObservation => one.kind === "recovery");
const endOf = (turn: Turn) => turn.end?.resend === false ? turn.end : undefined;

Deno.test("recovery takes over a token from disk first, without a post, and refreshes at the next 401", async () => {
  await using home = new TestHome();
  const [old, theirs, renewed] = [fresh("old"), fresh("theirs"), fresh("renewed")];
  await using authority = new TestAuthority(() =>
    Response.json({ access_token: renewed, refresh_token: "rt-3" })
  );
  home.store(loginText({ access: old }));
  const { authenticator, turn, seen } = session(home, authority.env);
  await authenticator.authorize();
  home.store(loginText({ access: theirs, refresh: "rt-2" }));
  const { sent, phases, end } = await turn(undefined);
  assertEquals(sent, [old, theirs, renewed]);
  assertEquals(phases, ["reload", "refresh_token"]);
  assertEquals(authority.seen.length, 1);
  assertEquals(end?.resend === false && [end.outcome, end.reason, end.error.code, end.error.exitStatus], [
    "recovery_not_run",
    "recovery_exhausted",
    "auth_rejected",
    4,
  ]);
  assertEquals(recoveries(seen).map((one) => [one.mode, one.phase, one.outcome, one.stateChanged]), [
    ["managed", "reload", "recovery_succeeded", true],
    ["managed", "refresh_token", "recovery_succeeded", true],
    ["managed", "done", "recovery_not_run", undefined],
  ]);
});

Deno.test("after an unchanged reload the next request carries the refreshed token", async () => {
  await using home = new TestHome();
  const [old, renewed] = [fresh("old"), fresh("renewed")];
  await using authority = new TestAuthority(() => Response.json({ access_token: renewed }));
  home.store(loginText({ access: old }));
  const { turn } = session(home, authority.env);
  assertEquals(await turn(renewed), { sent: [old, renewed], phases: ["refresh_token"], end: undefined });
});

Deno.test("a server that always answers 401 costs a managed login at most three requests and one refresh a turn", async () => {
  await using home = new TestHome();
  let count = 0;
  await using authority = new TestAuthority(() => Response.json({ access_token: fresh(`n${++count}`) }));
  home.store(loginText({ access: fresh("old") }));
  const { turn } = session(home, authority.env);
  const first = await turn(undefined);
  assertEquals([first.sent.length, authority.seen.length], [2, 1]);
  assertEquals(endOf(first)?.error.exitStatus, 4);
  await turn(undefined);
  assertEquals(authority.seen.length, 2);
});

Deno.test("a refused API key is reported immediately, with its evidence", async () => {
  await using home = new TestHome();
  const { turn, seen } = session(home, { OPENAI_API_KEY: "sk-wrong" });
  const { sent, end } = await turn(undefined, { message: "Incorrect API key provided: sk-wrong" });
  assertEquals(sent.length, 1);
  assert(end?.resend === false);
  assertEquals([end.outcome, end.reason, end.error.code], [
    "recovery_not_run",
    "not_chatgpt_auth",
    "auth_rejected",
  ]);
  assertEquals(recoveries(seen).map((one) => one.evidence), [EVIDENCE]);
  assertEquals(recoveries(seen).map(({ mode, phase }) => [mode, phase]), [["managed", "reload"]]);
  assert(!`${end.error.message}${end.error.hint}`.includes("sk-wrong"));
});

Deno.test("another account on disk ends recovery at its first step, without a post", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => Response.json({ access_token: fresh("unused") }));
  const mine = fresh("mine");
  home.store(loginText({ access: mine }));
  const { authenticator, turn } = session(home, authority.env);
  await authenticator.authorize();
  home.store(loginText({ account: "acc-2", access: fresh("theirs"), refresh: "rt-9" }));
  const { sent, end } = await turn(undefined);
  assertEquals([sent, authority.seen.length], [[mine], 0]);
  assert(end?.resend === false);
  assertEquals([end.outcome, end.reason, end.error.code], [
    "recovery_failed_permanent",
    "account_changed",
    "auth_refresh_failed",
  ]);
});

Deno.test("a refresh that is refused permanently ends the turn with its own reason, after one request", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() =>
    Response.json({ error: { code: "refresh_token_expired" } }, { status: 401 })
  );
  home.store(loginText({ access: fresh("old") }));
  const { sent, end } = await session(home, authority.env).turn(undefined);
  assert(end?.resend === false);
  assertEquals([sent.length, end.outcome, end.reason], [1, "recovery_failed_permanent", "expired"]);
  assertIncludes(end.error.message, "the refresh token has expired");
  assertIncludes(end.error.hint ?? "", "culvert auth login");
});

Deno.test("a refresh that fails for now ends the turn as transient", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => new Response("down", { status: 503 }));
  home.store(loginText({ access: fresh("old") }));
  const { sent, end } = await session(home, authority.env).turn(undefined);
  assert(end?.resend === false);
  assertEquals([sent.length, end.outcome, end.reason], [1, "recovery_failed_transient", "transient"]);
});

Deno.test("a refresh that brings the same token again is not followed by a resend", async () => {
  await using home = new TestHome();
  const same = fresh("same");
  await using authority = new TestAuthority(() => Response.json({ access_token: same }));
  home.store(loginText({ access: same }));
  const { sent, end } = await session(home, authority.env).turn(undefined);
  assert(end?.resend === false);
  assertEquals([sent.length, end.reason], [1, "credential_unchanged"]);
});

Deno.test("a 401 for a missing scope is not refreshable", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => Response.json({ access_token: fresh("unused") }));
  home.store(loginText({ access: fresh("old") }));
  const extra = {
    message: "Missing scopes: api.responses.write",
    url: new URL("https://api.openai.com/v1/responses"),
  };
  const { end } = await session(home, authority.env).turn(undefined, extra);
  assert(end?.resend === false);
  assertEquals([end.reason, authority.seen.length], ["missing_scope", 0]);
  assertIncludes(end.error.hint ?? "", "a ChatGPT login does not work at api.openai.com");
});

Deno.test("a revoked token ends the recovery immediately, unless another login was stored meanwhile", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => Response.json({ access_token: fresh("unused") }));
  home.store(loginText({ access: fresh("old") }));
  const { turn } = session(home, authority.env);
  const revoked = { code: "token_revoked" };
  const { end } = await turn(undefined, revoked);
  assert(end?.resend === false);
  assertEquals([end.outcome, end.reason, authority.seen.length], ["recovery_failed_permanent", "revoked", 0]);
  const again = fresh("again");
  home.store(loginText({ access: again, refresh: "rt-2" }));
  assertEquals((await turn(again, revoked)).phases, ["reload"]);
});

Deno.test("a token that another turn of this process renewed is used without a step of the authority", async () => {
  await using home = new TestHome();
  const renewed = fresh("renewed");
  await using authority = new TestAuthority(() =>
    Response.json({ access_token: renewed, refresh_token: "rt-2" })
  );
  home.store(loginText({ access: fresh("old") }));
  const { authenticator } = session(home, authority.env);
  const sent = await authenticator.authorize();
  const [one, two] = [authenticator.startTurn(), authenticator.startTurn()];
  assertEquals((await one.recover({ ...REJECTION, sent })).resend, true);
  assertEquals(await two.recover({ ...REJECTION, sent }), { resend: true, phase: "reload" });
  assertEquals(authority.seen.length, 1);
});

Deno.test("a provider without any credential reports that there is nothing to recover", async () => {
  await using home = new TestHome();
  const { turn, seen } = session(home, {}, { id: "mine", name: "Mine", requiresOpenAiAuth: false });
  const { end } = await turn(undefined);
  assert(end?.resend === false);
  assertEquals(recoveries(seen).map((one) => [one.mode, one.phase, one.reason]), [
    ["none", "none", "auth_manager_missing"],
  ]);
  assertIncludes(end.error.hint ?? "", "no Authorization header");
});

Deno.test("a command's token that is refused is requested again once: two requests, then success", async () => {
  await using home = new TestHome();
  const script = join(home.path, "token.sh");
  const counter = join(home.path, "count");
  Deno.writeTextFileSync(script, `#!/bin/sh\necho x >> ${counter}\necho t$(wc -l < ${counter})\n`, {
    mode: 0o755,
  });
  const commandAuth = { command: script, args: [], timeoutMs: 20_000, refreshIntervalMs: 0, cwd: home.path };
  const { turn, seen } = session(home, {}, {
    id: "c",
    name: "C",
    requiresOpenAiAuth: false,
    commandAuth,
  });
  assertEquals(await turn("t2"), { sent: ["t1", "t2"], phases: ["external_refresh"], end: undefined });
  assertEquals(recoveries(seen).map(({ mode, phase }) => [mode, phase]), [["external", "external_refresh"]]);
  const forever = await turn(undefined);
  assertEquals(forever.sent, ["t2", "t3"]);
  assertEquals(endOf(forever)?.reason, "recovery_exhausted");
});

Deno.test("a command that prints the refused token again causes no second request", async () => {
  await using home = new TestHome();
  const commandAuth = {
    command: "echo",
    args: ["same"],
    timeoutMs: 20_000,
    refreshIntervalMs: 0,
    cwd: home.path,
  };
  const { turn } = session(home, {}, { id: "c", name: "C", requiresOpenAiAuth: false, commandAuth });
  const { sent, end } = await turn(undefined);
  assertEquals([sent, end?.resend === false && end.reason], [["same"], "credential_unchanged"]);
});

Deno.test("the recovery of a refused handshake and of an error frame run the same machine", async () => {
  await using home = new TestHome();
  const renewed = fresh("renewed");
  await using authority = new TestAuthority(() => Response.json({ access_token: renewed }));
  home.store(loginText({ access: fresh("old") }));
  const { turn, seen } = session(home, authority.env);
  assertEquals((await turn(renewed, { transport: "websocket" })).phases, ["refresh_token"]);
  assertEquals(recoveries(seen)[0]?.transport, "websocket");
});

Deno.test("the error of a final 401 has at most ten lines: sent, source, server, recovery, ids, next", async () => {
  await using home = new TestHome();
  let count = 0;
  await using authority = new TestAuthority(() => Response.json({ access_token: fresh(`n${++count}`) }));
  home.store(loginText({ access: fresh("old") }));
  const { end } = await session(home, authority.env).turn(undefined, {
    message: "Your token\nis not welcome",
  });
  assert(end?.resend === false);
  const lines = `${end.error.message}\n${end.error.hint}`.split("\n");
  assert(lines.length <= 10, lines.join("\n"));
  assertEquals(lines, [
    "api.corp.example refused the credential with 401 on /responses (http)",
    `Sent: an Authorization header, a ChatGPT login from ${home.authPath}`,
    "The server said: Your token is not welcome (token_expired, expired)",
    "Recovery: succeeded, but the server also refused the renewed credential",
    "For support: request id req-401, cf-ray ray-401",
    "Next: sign in again: culvert auth login",
  ]);
  assertEquals(end.error.details["request_id"], "req-401");
});

Deno.test("no secret reaches an observation, an error, a tag or a warning", async () => {
  await using home = new TestHome();
  const canary = "CANARY-SECRET";
  await using authority = new TestAuthority(() =>
    Response.json({ error: { code: "refresh_token_reused", message: canary }, refresh_token: canary }, {
      status: 401,
    })
  );
  home.store(loginText({ access: `${canary}-access`, refresh: `${canary}-refresh` }));
  const env = { ...authority.env, OPENAI_API_KEY: "", MY_KEY: canary };
  const { turn, seen, authenticator } = session(home, env);
  const evidence = new AuthEvidence({
    env: (name) => env[name as keyof typeof env],
    provider: testProvider({ envKey: canary }),
    now: Date.now,
    facts: authenticator.facts,
  });
  const { end } = await turn(undefined, { message: `you sent ${canary}-access` });
  assert(end?.resend === false);
  for (const one of seen) evidence.observer.observe(one);
  const everything = JSON.stringify([
    seen,
    evidence.tags(),
    end.error.message,
    end.error.hint,
    end.error.details,
    String(end.error.cause),
  ]);
  assert(!everything.includes(canary), everything);
  assert(!everything.includes("secret-query"), everything);
});

Deno.test("auth_401_count begins again with each turn", async () => {
  await using home = new TestHome();
  const { turn, seen } = session(home, { OPENAI_API_KEY: "sk-refused-key" });
  const evidence = new AuthEvidence({
    env: () => undefined,
    provider: testProvider(),
    now: () => Date.now(),
    facts: () => undefined,
  });
  const counts: (string | undefined)[] = [];
  for (let n = 0; n < 2; n++) {
    await turn(undefined);
    seen.splice(0).forEach((one) => evidence.observer.observe(one));
    counts.push(evidence.tags()["auth_401_count"]);
  }
  assertEquals(counts, ["1", "1"]);
});

for (const token of ["rt_abcdefghij0123456789", "at_abcdefghij0123456789", "pat_abcdefghij0123456789"]) {
  Deno.test(`a token of the form ${token.slice(0, token.indexOf("_"))}_… in a server's message is masked`, async () => {
    await using home = new TestHome();
    const { turn } = session(home, { OPENAI_API_KEY: "sk-refused-key" });
    const { end } = await turn(undefined, { message: `Nobody knows ${token} here` });
    assert(end?.resend === false);
    assertIncludes(end.error.hint ?? "", "The server said: Nobody knows");
    assert(!`${end.error.message}${end.error.hint}`.includes(token));
  });
}

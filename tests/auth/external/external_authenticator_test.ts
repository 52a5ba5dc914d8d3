import { externalAuthenticator } from "../../../lib/auth/external/external_authenticator.ts";
import type {
  ExternalAuth,
  ExternalCredential,
  ExternalRefresh,
} from "../../../lib/auth/external/external_auth.ts";
import type { RecoveryResult, Rejection } from "../../../lib/auth/authenticator.ts";
import { CulvertError } from "../../../lib/errors.ts";
import type { LoginPolicy } from "../../../lib/config/settings.ts";
import { type Observation, observerOf } from "../../../lib/net/observer.ts";
import type { World } from "../../../lib/world/world.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { failureOf, jwt, testWorld } from "../kit.ts";

const REJECTION: Omit<Rejection, "sent"> = { endpoint: "/responses", transport: "http", evidence: {} };
const tokens = (accessToken: string, accountId = "acc-1"): ExternalCredential => ({
  kind: "tokens",
  accessToken,
  accountId,
});

/** A session with a credential of a program, at a server that accepts one bearer token. */
function open(auth: ExternalAuth, loginPolicy?: LoginPolicy, world: Pick<World, "sleep"> = testWorld()) {
  const seen: Observation[] = [];
  const authenticator = externalAuthenticator({
    auth,
    loginPolicy,
    world,
    observer: observerOf((observation) => seen.push(observation)),
  });
  return {
    authenticator,
    seen,
    headers: async () => (await authenticator.authorize()).headers,
    turn: async (accepted: string, signal?: AbortSignal) => {
      const recovery = authenticator.startTurn();
      const sent: Readonly<Record<string, string>>[] = [];
      while (sent.length < 10) {
        const authorization = await authenticator.authorize(signal);
        sent.push(authorization.headers);
        if (authorization.headers["authorization"] === `Bearer ${accepted}`) return { sent, end: undefined };
        const end: RecoveryResult = await recovery.recover({ ...REJECTION, sent: authorization }, signal);
        if (!end.resend) return { sent, end };
      }
      throw new Error("a turn that does not end");
    },
    recoveries: () =>
      seen.flatMap((one) => one.kind === "recovery" ? [[one.mode, one.phase, one.outcome, one.reason]] : []),
  };
}

Deno.test("tokens of a program that are refused are refreshed once and sent again with the same account", async () => {
  const asked: ExternalRefresh[] = [];
  const { turn, recoveries } = open({
    resolve: () => tokens("old"),
    refresh: (context) => {
      asked.push(context);
      return tokens("new");
    },
  });
  const { sent, end } = await turn("new");
  assertEquals(end, undefined);
  assertEquals(sent, [
    { authorization: "Bearer old", "chatgpt-account-id": "acc-1" },
    { authorization: "Bearer new", "chatgpt-account-id": "acc-1" },
  ]);
  assertEquals(asked.map(({ signal: _, ...rest }) => rest), [{
    reason: "unauthorized",
    previousAccountId: "acc-1",
  }]);
  assertEquals(recoveries(), [["external", "external_refresh", "recovery_succeeded", "ready"]]);
});

Deno.test("a server that refuses every token of a program costs two sends and one refresh a turn", async () => {
  let count = 0;
  const { turn, recoveries } = open({
    resolve: () => tokens("old"),
    refresh: () => tokens(`new-${++count}`),
  });
  const { sent, end } = await turn("never");
  assertEquals([sent.length, count], [2, 1]);
  assert(end?.resend === false);
  assertEquals([end.outcome, end.reason], ["recovery_not_run", "recovery_exhausted"]);
  assertIncludes(end.error.hint ?? "", "supply another credential");
  assertEquals(recoveries().map(([mode]) => mode), ["external", "external"]);
});

Deno.test("a program that returns the refused token again gets no second request", async () => {
  const { turn } = open({ resolve: () => tokens("same") });
  const { sent, end } = await turn("never");
  assertEquals([sent.length, end?.resend === false && end.reason], [1, "credential_unchanged"]);
});

Deno.test("without a function that refreshes, the one that resolves is asked again", async () => {
  let count = 0;
  const { turn } = open({ resolve: () => tokens(`t${++count}`) });
  assertEquals((await turn("t2")).sent.map((one) => one["authorization"]), ["Bearer t1", "Bearer t2"]);
  assertEquals(count, 2);
});

Deno.test("a later resolve that fails permanently keeps the previous credential, is reported, and is not repeated", async () => {
  let count = 0;
  const { headers, seen, turn } = open({
    resolve: () => {
      if (++count === 1) return tokens("held");
      throw new Error("vault is gone, it held held-secret");
    },
    refresh: () => tokens("new"),
    classifyError: () => "permanent",
  });
  for (let request = 0; request < 4; request++) {
    assertEquals((await headers())["authorization"], "Bearer held");
  }
  assertEquals(count, 2);
  const notes = seen.flatMap((one) => one.kind === "note" ? [one.message] : []);
  assertEquals(notes.length, 1);
  assertIncludes(notes[0] ?? "", "the previous credential is used");
  assertExcludes(notes[0] ?? "", "held-secret");
  assertEquals((await turn("new")).end, undefined);
});

Deno.test("a later resolve that fails for now keeps the former credential and is asked again", async () => {
  let count = 0;
  const { headers } = open({
    resolve: () => {
      if (++count === 2) throw new Error("busy");
      return tokens(`t${count}`);
    },
  });
  const seen: unknown[] = [];
  for (let request = 0; request < 3; request++) seen.push((await headers())["authorization"]);
  assertEquals(seen, ["Bearer t1", "Bearer t1", "Bearer t3"]);
});

Deno.test("a first resolve that fails is an error without the message of the thrown error", async () => {
  const { authenticator } = open({ resolve: () => Promise.reject(new Error("no secret-token today")) });
  const error = await failureOf(authenticator.authorize());
  assertEquals(error.code, "auth_missing");
  assertIncludes(error.message, "`resolve`");
  assertExcludes(`${error.message}${error.hint}${JSON.stringify(error.details)}`, "secret-token");
  assertIncludes(String(error.cause), "secret-token");
});

for (const kind of ["permanent", "transient", undefined] as const) {
  const outcome = kind === "permanent" ? "recovery_failed_permanent" : "recovery_failed_transient";
  Deno.test(`a refresh that fails, classified ${kind ?? "by no function"}, ends the turn as ${outcome}`, async () => {
    const { turn, recoveries } = open({
      resolve: () => tokens("old"),
      refresh: () => Promise.reject(new Error("secret-token expired")),
      ...(kind === undefined ? {} : { classifyError: () => kind }),
    });
    const { sent, end } = await turn("new");
    assert(end?.resend === false);
    assertEquals([sent.length, end.outcome, end.error.code], [1, outcome, "auth_refresh_failed"]);
    assertEquals(recoveries().map(([mode, phase, told]) => [mode, phase, told]), [
      ["external", "external_refresh", outcome],
    ]);
    assertExcludes(`${end.error.message}${end.error.hint}`, "secret-token");
  });
}

Deno.test("a refreshed credential of another account is refused permanently and never sent", async () => {
  const { turn, headers } = open({ resolve: () => tokens("old"), refresh: () => tokens("theirs", "acc-2") });
  const { sent, end } = await turn("theirs");
  assertEquals([sent.length, end?.resend === false && end.outcome], [1, "recovery_failed_permanent"]);
  assertEquals((await headers())["authorization"], "Bearer old");
});

Deno.test("a resolved credential of another account is an error, and is never sent", async () => {
  let account = "acc-1";
  const { authenticator } = open({ resolve: () => tokens("t", account) });
  await authenticator.authorize();
  account = "acc-2";
  const error = await failureOf(authenticator.authorize());
  assertEquals(error.details["reason"], "account_changed");
});

Deno.test("headers of a program are sent unchanged, without account headers", async () => {
  const supplied = { Authorization: "Signed abc", "X-Corp-Pass": "pass word" };
  const { authenticator } = open({ resolve: () => ({ kind: "headers", headers: supplied }) });
  const { mode, source, headers } = await authenticator.authorize();
  assertEquals([mode, source], ["headers", { kind: "host", name: "the externalAuth option" }]);
  assertEquals(headers, { authorization: "Signed abc", "x-corp-pass": "pass word" });
});

Deno.test("headers without an Authorization among them that are refused are renewed like any others", async () => {
  let pass = "pass-1";
  const { authenticator, recoveries } = open({
    resolve: () => ({ kind: "headers", headers: { "x-corp-pass": pass } }),
    refresh: () => ({ kind: "headers", headers: { "x-corp-pass": pass = "pass-2" } }),
  });
  const sent = await authenticator.authorize();
  const recovery = authenticator.startTurn();
  assertEquals(await recovery.recover({ ...REJECTION, sent }), { resend: true, phase: "external_refresh" });
  const again = await authenticator.authorize();
  assertEquals(again.headers, { "x-corp-pass": "pass-2" });
  const message = "pass-word-2 is not known";
  const secret = { ...again, headers: { "x-corp-pass": "pass-word-2" } };
  const end = await recovery.recover({ ...REJECTION, sent: secret, message });
  assert(end.resend === false);
  assertIncludes(end.error.hint ?? "", "Sent: configured headers from the externalAuth option");
  assertExcludes(end.error.hint ?? "", "pass-word-2");
  assertEquals(recoveries().length, 2);
});

const ILLEGAL: readonly (readonly [what: string, credential: ExternalCredential])[] = [
  ["a header of two lines", { kind: "headers", headers: { "x-pass": "secret\nvalue" } }],
  ["a header whose name has a space", { kind: "headers", headers: { "x pass": "secret" } }],
  ["no header at all", { kind: "headers", headers: {} }],
  ["a token of two words", tokens("secret value")],
  ["an empty token", tokens("")],
  ["an account of two lines", tokens("secret", "acc\n1")],
];
for (const [what, credential] of ILLEGAL) {
  Deno.test(`${what} is an error, not a request without it`, async () => {
    const error = await failureOf(open({ resolve: () => credential }).authenticator.authorize());
    assertEquals(error.code, "auth_missing");
    assertExcludes(`${error.message}${error.hint}${JSON.stringify(error.details)}`, "secret");
  });
}

Deno.test("account and FedRAMP flag come from the token where the program does not give them", async () => {
  const accessToken = jwt({
    "https://api.openai.com/auth": { chatgpt_account_id: "acc-7", chatgpt_account_is_fedramp: true },
  });
  const silent = open({ resolve: () => ({ kind: "tokens", accessToken }) });
  const account = { "chatgpt-account-id": "acc-7", "x-openai-fedramp": "true" };
  assertEquals(await silent.headers(), { authorization: `Bearer ${accessToken}`, ...account });
  const said = open({
    resolve: () => ({ kind: "tokens", accessToken, accountId: "acc-8", isFedramp: false }),
  });
  assertEquals(await said.headers(), {
    authorization: `Bearer ${accessToken}`,
    "chatgpt-account-id": "acc-8",
  });
});

Deno.test("turns that are refused at the same time share one refresh, and a later turn needs none", async () => {
  let count = 0;
  const gate = Promise.withResolvers<void>();
  let current = "old";
  const { authenticator } = open({
    resolve: () => tokens(current),
    refresh: async () => {
      count++;
      await gate.promise;
      return tokens(current = "new");
    },
  });
  const sent = await authenticator.authorize();
  const recover = () => authenticator.startTurn().recover({ ...REJECTION, sent });
  const both = [recover(), recover()];
  gate.resolve();
  const resends = (await Promise.all(both)).map(({ resend }) => resend);
  assertEquals([resends, count], [[true, true], 1]);
  assertEquals([(await recover()).resend, count], [true, 1]);
});

Deno.test("tokens of a program, refreshed ones included, must satisfy the restrictions of the configuration", async () => {
  const allowed: LoginPolicy = { method: "chatgpt", workspaces: ["acc-1"] };
  const wrong = open({ resolve: () => tokens("t", "acc-2") }, allowed);
  assertIncludes((await failureOf(wrong.authenticator.authorize())).message, "forced_chatgpt_workspace_id");
  const late = open({ resolve: () => tokens("t"), refresh: () => tokens("new", "acc-2") }, allowed);
  const { sent, end } = await late.turn("new");
  assertEquals([sent.length, end?.resend === false && end.outcome], [1, "recovery_failed_permanent"]);
  const keys = open({ resolve: () => tokens("t") }, { method: "api" });
  assertIncludes((await failureOf(keys.authenticator.authorize())).message, 'forced_login_method = "api"');
});

Deno.test("an abort of one turn during a shared renewal does not fail the other turn", async () => {
  const renewed = Promise.withResolvers<ExternalCredential>();
  let isRenewing = false;
  const { turn } = open({
    resolve: () => tokens("old"),
    refresh: () => {
      isRenewing = true;
      return renewed.promise;
    },
  });
  const controller = new AbortController();
  const reason = new CulvertError("interrupted", "Interrupted");
  const first = failureOf(turn("new", controller.signal));
  const second = turn("new");
  while (!isRenewing) await new Promise((resolve) => setTimeout(resolve, 1));
  controller.abort(reason);
  assert(await first === reason);
  renewed.resolve(tokens("new"));
  assertEquals((await second).end, undefined);
});

Deno.test("a slow resolve of one turn does not replace the credential that another turn received after a refusal", async () => {
  const slow = Promise.withResolvers<ExternalCredential>();
  let asked = 0;
  const { authenticator, headers } = open({
    resolve: () => ++asked === 2 ? slow.promise : tokens("old"),
    refresh: () => tokens("new"),
  });
  const sent = await authenticator.authorize();
  const waiting = headers();
  assertEquals((await authenticator.startTurn().recover({ ...REJECTION, sent })).resend, true);
  slow.resolve(tokens("old"));
  assertEquals([await waiting, await headers()].map((one) => one["authorization"]), [
    "Bearer old",
    "Bearer new",
  ]);
});

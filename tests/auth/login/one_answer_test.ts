/** A login has one answer and one end, whoever else would have liked to be first. */
import { startCallbackServer } from "../../../lib/auth/login/callback/callback_server.ts";
import { PendingAnswer } from "../../../lib/auth/login/callback/pending_answer.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { failureOf, loginText, TestHome, testWorld } from "../kit.ts";
import { callbackUrl, HeldAuthority, startLogin, textOf } from "./login_kit.ts";

const CODE = { code: "CODE-OF-THIS-LOGIN" };

Deno.test("an answer that is pasted behind the browser's is not exchanged, and the login is what the first came to", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const lines = new TransformStream<string, string>();
  const login = await startLogin(home, authority.base, { pasted: lines.readable });
  const answer = callbackUrl(login, { state: login.state, ...CODE });
  const page = fetch(answer).then(textOf);
  await authority.asked;
  await lines.writable.getWriter().write(answer.href);
  authority.grant();
  assertIncludes((await page)[1], "Signed in");
  assertEquals([(await login.result).accountId, authority.codes], ["acc-1", 1]);
  assertIncludes(login.said.at(-1) ?? "", "The browser was faster");
  assertEquals(home.json().tokens["refresh_token"], "rt-new");
});

Deno.test("a browser that comes behind a pasted answer is turned away, and its code is not exchanged", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const lines = new TransformStream<string, string>();
  const login = await startLogin(home, authority.base, { pasted: lines.readable });
  const answer = callbackUrl(login, { state: login.state, ...CODE });
  await lines.writable.getWriter().write(answer.href);
  await authority.asked;
  assertEquals((await fetch(answer).then(textOf))[0], 400);
  authority.grant();
  assertEquals([(await login.result).accountId, authority.codes], ["acc-1", 1]);
});

Deno.test("a login does not give way to a later one while a pasted answer is exchanged", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const lines = new TransformStream<string, string>();
  const login = await startLogin(home, authority.base, { pasted: lines.readable });
  await lines.writable.getWriter().write(CODE.code);
  await authority.asked;
  const port = Number(login.callback.port);
  const noted: string[] = [];
  const later = await startCallbackServer({
    state: "later",
    pending: new PendingAnswer(),
    ports: [port],
    home: home.path,
    world: testWorld(),
    note: (text) => noted.push(text),
  });
  assertEquals([later, noted], [[{ port, problem: "in use" }], []]);
  authority.grant();
  assertEquals((await login.result).accountId, "acc-1");
});

Deno.test("the limit of a login counts until there is an answer", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const limitMs = 77 * 60_000;
  const late = Promise.withResolvers<void>();
  const world = testWorld();
  const sleep = (ms: number, signal?: AbortSignal) => ms === limitMs ? late.promise : world.sleep(ms, signal);
  const login = await startLogin(home, authority.base, { limitMs, world: { ...world, sleep } });
  const page = fetch(callbackUrl(login, { state: login.state, ...CODE })).then(textOf);
  await authority.asked;
  late.resolve();
  await late.promise;
  authority.grant();
  assertEquals((await login.result).accountId, "acc-1");
  assertIncludes((await page)[1], "Signed in");
});

Deno.test("a signal while the answer is exchanged is told what comes next, and the login what it came to", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const giveUp = new AbortController();
  const login = await startLogin(home, authority.base, {}, giveUp.signal);
  const page = fetch(callbackUrl(login, { state: login.state, ...CODE })).then(textOf);
  await authority.asked;
  giveUp.abort(new Error("enough"));
  assertIncludes(login.said.at(-1) ?? "", "must be saved");
  authority.grant();
  assertEquals((await login.result).accountId, "acc-1");
  assertEquals(home.json().tokens["refresh_token"], "rt-new");
  assertIncludes((await page)[1], "Signed in");
});

Deno.test("an exchange that is refused behind a signal is told as what it is, and the former login stays", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const stored = loginText({ access: "former" });
  home.store(stored);
  const giveUp = new AbortController();
  const login = await startLogin(home, authority.base, {}, giveUp.signal);
  const page = fetch(callbackUrl(login, { state: login.state, ...CODE })).then(textOf);
  await authority.asked;
  giveUp.abort(new Error("enough"));
  authority.refuse();
  assertEquals((await failureOf(login.result)).details["problem"], "token_exchange_failed");
  assertIncludes((await page)[1], "token_exchange_failed");
  assertEquals(home.text(), stored);
});

Deno.test("an answer is accepted once, and not where the wait was given up", async () => {
  const answer = { kind: "code", code: "c" } as const;
  const accepted = new PendingAnswer();
  const end = accepted.accept(answer);
  assert(end !== undefined);
  assertEquals([accepted.accept(answer), accepted.giveUp("late")], [undefined, false]);
  assertEquals(await accepted.complete(({ kind }) => Promise.resolve({ email: kind })), { email: "code" });
  assertEquals(await end, { email: "code" });
  const left = new PendingAnswer();
  assertEquals([left.giveUp("first"), left.giveUp("second"), left.accept(answer)], [true, false, undefined]);
  assertEquals(await left.complete(() => Promise.resolve({})).catch(String), "first");
});

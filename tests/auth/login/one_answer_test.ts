/** A login takes one answer and has one result. */
import { PendingAnswer } from "../../../lib/auth/login/callback/callback_answer.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { failureOf, loginText, TestHome, testWorld } from "../kit.ts";
import { callbackUrl, HeldAuthority, startLogin, textOf } from "./login_kit.ts";

const CODE = { code: "CODE-OF-THIS-LOGIN" };

Deno.test("an answer that is pasted after the browser's is not exchanged, and the first one decides the login", async () => {
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
  assertIncludes(login.said.at(-1) ?? "", "The browser has already sent the answer");
  assertEquals(home.json().tokens["refresh_token"], "rt-new");
});

Deno.test("a browser that comes after a pasted answer is refused, and its code is not exchanged", async () => {
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

Deno.test("the time limit of a login ends with its answer", async () => {
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

Deno.test("a signal during the exchange says what happens next, and the login is completed and saved", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const controller = new AbortController();
  const login = await startLogin(home, authority.base, {}, controller.signal);
  const page = fetch(callbackUrl(login, { state: login.state, ...CODE })).then(textOf);
  await authority.asked;
  controller.abort(new Error("enough"));
  assertIncludes(login.said.at(-1) ?? "", "is being saved");
  authority.grant();
  assertEquals((await login.result).accountId, "acc-1");
  assertEquals(home.json().tokens["refresh_token"], "rt-new");
  assertIncludes((await page)[1], "Signed in");
});

Deno.test("an exchange that is refused after a signal fails with its own reason, and the former login stays", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const stored = loginText({ access: "former" });
  home.store(stored);
  const controller = new AbortController();
  const login = await startLogin(home, authority.base, {}, controller.signal);
  const page = fetch(callbackUrl(login, { state: login.state, ...CODE })).then(textOf);
  await authority.asked;
  controller.abort(new Error("enough"));
  authority.refuse();
  assertEquals((await failureOf(login.result)).details["problem"], "token_exchange_failed");
  assertIncludes((await page)[1], "token_exchange_failed");
  assertEquals(home.text(), stored);
});

Deno.test("an answer is accepted once, and not after the wait was cancelled", async () => {
  const answer = { kind: "code", code: "c" } as const;
  const accepted = new PendingAnswer(({ kind }) => Promise.resolve({ email: kind }));
  const end = accepted.accept(answer);
  assert(end !== undefined);
  assertEquals([accepted.accept(answer), accepted.cancel("late")], [undefined, false]);
  assertEquals(await accepted.result, { email: "code" });
  assertEquals(await end, { email: "code" });
  const left = new PendingAnswer(() => Promise.resolve({}));
  assertEquals([left.cancel("first"), left.cancel("second"), left.accept(answer)], [true, false, undefined]);
  assertEquals(await left.result.catch(String), "first");
});

import { errorCodeOf, exchange } from "../../../lib/auth/chatgpt/auth_exchange.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { failureOf, plainDialer, TestAuthority, testWorld } from "../kit.ts";

const PARTS = { dialer: plainDialer(), world: testWorld() };

Deno.test("half an answer at the time limit is a failure, not an answer", async () => {
  const stalled = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"access_token":"ha')),
  });
  await using authority = new TestAuthority(() => new Response(stalled));
  const request = { method: "GET", url: new URL(authority.base), headers: {} } as const;
  const error = await failureOf(exchange(PARTS, request, 200));
  assertEquals(error.code, "header_timeout");
  assertIncludes(error.message, "No complete answer from 127.0.0.1");
});

Deno.test("a caller's abort ends an exchange with the caller's reason", async () => {
  const never = Promise.withResolvers<Response>();
  await using authority = new TestAuthority(() => never.promise);
  const giveUp = new AbortController();
  const request = {
    method: "GET",
    url: new URL(authority.base),
    headers: {},
    signal: giveUp.signal,
  } as const;
  const work = exchange(PARTS, request).catch(String);
  giveUp.abort(new Error("enough"));
  assertEquals(await work, "Error: enough");
  never.resolve(new Response(null));
});

Deno.test("a body beyond the limit is cut, so that a page without end ends", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent++;
      controller.enqueue(new Uint8Array(65_536).fill(97));
    },
  });
  await using authority = new TestAuthority(() => new Response(endless));
  const request = { method: "GET", url: new URL(authority.base), headers: {} } as const;
  const { text } = await exchange(PARTS, request);
  assertEquals([text.length >= 262_144, text.length < 2_000_000, sent > 0], [true, true, true]);
});

Deno.test("the code of a refusal is the nested one, else the plain one, else the outer one; a sentence is none", () => {
  const codes = [
    '{"error":{"code":"Refresh_Token_Reused"}}',
    '{"error":"invalid_grant"}',
    '{"code":"outer"}',
    '{"error":{"message":"x"},"code":"outer"}',
    '{"error":"a whole sentence, with a token in it"}',
    "not json",
    "[]",
  ].map(errorCodeOf);
  assertEquals(codes, [
    "Refresh_Token_Reused",
    "invalid_grant",
    "outer",
    "outer",
    undefined,
    undefined,
    undefined,
  ]);
});

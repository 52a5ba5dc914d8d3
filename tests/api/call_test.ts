import { z } from "zod";
import { call } from "../../lib/api/call.ts";
import { RequestScope } from "../../lib/auth/request_scope.ts";
import { sendRequest } from "../../lib/api/send_request.ts";
import { asCulvertError, type CulvertError } from "../../lib/errors.ts";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { type Handler, refusal, tokens } from "../responses/kit.ts";
import { rawServer } from "../net/kit.ts";
import { apiRig } from "./kit.ts";

const SCHEMA = z.object({ answer: z.string() });
const GET = { endpoint: "/things", schema: SCHEMA };

const json = (value: unknown, headers: Record<string, string> = {}): Handler => () =>
  Response.json(value, { headers });

async function failure(work: Promise<unknown>): Promise<CulvertError> {
  return await work.then(() => {
    throw new Error("It succeeded");
  }, asCulvertError);
}

Deno.test("a call returns the reply as its schema defines it, and sends the provider's headers and the credential", async () => {
  await using rig = apiRig([json({ answer: "yes", more: 1 })], {
    provider: { headers: { "x-gateway": "key" }, queryParams: { "api-version": "1" } },
  });
  const { value } = await call(rig.connection, { ...GET, query: { page: "2" } });
  assertEquals(value, { answer: "yes" });
  const [{ headers, method, url } = fail()] = rig.seen;
  assertEquals([method, url.pathname, url.search], ["GET", "/v1/things", "?api-version=1&page=2"]);
  assertEquals([headers.get("x-gateway"), headers.get("authorization")], [
    "key",
    "Bearer sk-test-0123456789",
  ]);
});

Deno.test("an idempotent call is sent again after a 503, after the delay that the server requests", async () => {
  await using rig = apiRig([
    refusal(503, {}, { "retry-after": "2" }),
    refusal(500, {}),
    json({ answer: "late" }),
  ]);
  const { value } = await call(rig.connection, { ...GET, idempotent: true });
  assertEquals([value.answer, rig.seen.length], ["late", 3]);
  assert(rig.slept.includes(2_000), `it waited ${rig.slept}`);
});

Deno.test("a call that is not idempotent is never sent twice", async () => {
  await using rig = apiRig([refusal(503, { error: { message: "busy" } }), json({ answer: "no" })]);
  const error = await failure(call(rig.connection, { ...GET, method: "POST", body: { json: { a: 1 } } }));
  assertEquals([error.code, rig.seen.length], ["server", 1]);
  assertIncludes(error.message, "busy");
});

Deno.test("a call that is not idempotent is not sent again after an answer that is not valid HTTP", async () => {
  await using rig = apiRig([]);
  let requests = 0;
  await using server = await rawServer((socket) =>
    void socket.on("data", () => {
      requests++;
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n");
    })
  );
  const base = `http://127.0.0.1:${server.port}`;
  const error = await failure(call(rig.connection, { ...GET, base, method: "POST", body: { json: {} } }));
  assertEquals([error.code, requests], ["connect", 1]);
});

Deno.test("after a 401 the login is renewed and the call is sent again, also with a body that is a stream", async () => {
  await using rig = apiRig([refusal(401, {}), json({ answer: "in" })], {
    authenticator: tokens("chatgpt", "old-token-0", "new-token-1"),
  });
  const stream = () => new Blob(["abc"]).stream();
  const { value } = await call(rig.connection, {
    ...GET,
    method: "PUT",
    body: { stream, contentType: "text/plain" },
  });
  assertEquals(value.answer, "in");
  const bodies = rig.seen.map((
    { bytes, headers },
  ) => [new TextDecoder().decode(bytes), headers.get("authorization")]);
  assertEquals(bodies, [["abc", "Bearer old-token-0"], ["abc", "Bearer new-token-1"]]);
  const attempts = rig.observed.flatMap((one) => one.kind === "request" ? [[one.attempt, one.status]] : []);
  assertEquals(attempts, [[0, 401], [1, 200]]);
});

Deno.test("a final 401 fails with the error that the recovery explains", async () => {
  await using rig = apiRig([refusal(401, {})]);
  const error = await failure(call(rig.connection, GET));
  assertEquals(error.code, "auth_rejected");
  assertEquals(rig.seen.length, 1);
});

Deno.test("a scope without recovery returns the 401 and renews nothing", async () => {
  const authenticator = tokens("chatgpt", "old-token-0", "new-token-1");
  await using rig = apiRig([refusal(401, { error: { message: "old" } })], { authenticator });
  const scope = new RequestScope({
    ...rig.connection,
    provider: rig.connection.settings.provider,
    recovers: false,
  });
  const reply = await sendRequest(rig.connection, scope, { endpoint: "/models" });
  assertEquals([reply.status, reply.error, authenticator.rejections.length], [401, undefined, 0]);
  assert(reply.sentAt <= reply.answeredAt && reply.durationMs >= 0);
});

Deno.test("a reply that does not fit the schema fails with the name of its field", async () => {
  await using rig = apiRig([json({ answer: 1 })]);
  const error = await failure(call(rig.connection, GET));
  assertEquals([error.code, error.details["field"]], ["response_failed", "answer"]);
});

Deno.test("a reply longer than the limit is refused without reading it to its end", async () => {
  await using rig = apiRig([
    () => new Response(endless(), { headers: { "content-type": "application/json" } }),
  ]);
  const error = await failure(call(rig.connection, { ...GET, maxReplyBytes: 1_000 }));
  assertEquals(error.code, "response_failed");
  assertIncludes(error.message, "longer than 1000 bytes");
});

Deno.test("an aborted call throws the reason of its signal", async () => {
  await using rig = apiRig([
    () => new Promise<Response>((resolve) => setTimeout(() => resolve(new Response()), 500)),
  ]);
  const reason = new Error("enough");
  const stop = new AbortController();
  setTimeout(() => stop.abort(reason), 50);
  const thrown = await call(rig.connection, { ...GET, idempotent: true, signal: stop.signal }).catch((
    error,
  ) => error);
  assertEquals(thrown, reason);
});

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(500)) });
}

function fail(): never {
  throw new Error("No request was seen");
}

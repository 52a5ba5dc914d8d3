import { errorFrame } from "../../../lib/mock/api/api_websocket.ts";
import type { Refusal } from "../../../lib/mock/api/scenario.ts";
import { failsWith } from "../../responses/turn/reading.ts";
import { error, STATUS_ROWS, USAGE_LIMIT_ROWS } from "../../responses/failures/status_rows.ts";
import { refuse, type SocketScript } from "../../responses/transport/websocket/websocket_kit.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { converse, scriptOf, type TransportChoice } from "./transport_kit.ts";

/** One way in which a refusal reaches the program. */
interface Delivery {
  readonly name: string;
  readonly transport: TransportChoice;
  readonly script: (refusal: Refusal) => SocketScript;
}

const textOf = ({ body }: Refusal) => typeof body === "string" ? body : JSON.stringify(body);

const DELIVERIES: readonly Delivery[] = [
  {
    name: "in answer to the POST",
    transport: "sse",
    script: (refusal) => ({
      posts: [
        () => new Response(textOf(refusal), { status: refusal.status, headers: refusal.headers ?? {} }),
      ],
    }),
  },
  {
    name: "in a frame of the websocket",
    transport: "ws",
    script: (refusal) => scriptOf({ events: [errorFrame(refusal)] }),
  },
  {
    name: "in answer to the upgrade",
    transport: "ws",
    script: (refusal) => ({ upgrades: [refuse(refusal.status, textOf(refusal), refusal.headers)] }),
  },
];

for (const [name, status, body, code, retryable, says] of STATUS_ROWS) {
  // A frame holds JSON, so no web page comes in one.
  const isPage = typeof body === "string" && body.startsWith("<");
  for (const { name: where, transport, script } of DELIVERIES) {
    if (isPage && where.includes("frame")) continue;
    Deno.test(`the program, met with ${name} ${where}: ${code}${retryable ? ", once retried" : ""}`, async () => {
      const refusal = { status, body: typeof body === "string" ? body : { ...body } };
      const { run, result, of, server, ...reading } = await converse({
        transport,
        script: script(refusal),
        provider: { request_max_retries: 1, stream_max_retries: 1 },
      });
      failsWith(code, run.code, says)({ ...reading, result, of });
      assertIncludes(run.stderr, says);
      assertEquals(of("culvert.retry").length, retryable ? 1 : 0);
      const sends = Math.max(server.posts.length, server.handshakes.length);
      assertEquals(sends, retryable ? 2 : 1);
    });
  }
}

for (const [name, plan, headers, says] of USAGE_LIMIT_ROWS) {
  for (const { name: where, transport, script } of DELIVERIES.slice(0, 2)) {
    Deno.test(`the program, at a usage limit ${where}, ${name}`, async () => {
      const body = error({ type: "usage_limit_reached", plan_type: plan });
      const { run, result } = await converse({ transport, script: script({ status: 429, body, headers }) });
      assertEquals([run.code, result.error?.code], [6, "usage_limit"]);
      const hint = result.error?.hint ?? "";
      assert(says.test(hint), hint);
      assertIncludes(run.stderr, hint);
    });
  }
}

for (const { name: where, transport, script } of DELIVERIES) {
  Deno.test(`the program, met with 401 ${where}: all four facts of evidence in the result and on stderr`, async () => {
    const facts = {
      "x-request-id": "req_9",
      "cf-ray": "ray_9",
      "x-openai-authorization-error": "expired",
      "x-error-json": btoa(JSON.stringify({ error: { code: "token_expired" } })),
    };
    const refusal = { status: 401, body: error({ message: "Your token has expired" }), headers: facts };
    const { run, result } = await converse({ transport, script: script(refusal) });
    assertEquals([run.code, result.error?.code, result.request_id], [4, "auth_rejected", "req_9"]);
    const { request_id, cf_ray, auth_error, auth_error_code } = result.error?.details ?? {};
    assertEquals([request_id, cf_ray, auth_error, auth_error_code], [
      "req_9",
      "ray_9",
      "expired",
      "token_expired",
    ]);
    // The error says all of it; nothing is said ahead of it.
    assertEquals(run.stderr.match(/^culvert: /gm)?.length, 1);
    for (const part of ["Your token has expired", "req_9", "ray_9", "expired", "token_expired"]) {
      assertIncludes(run.stderr, part);
    }
  });
}

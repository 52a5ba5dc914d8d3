import { CulvertError, type ErrorCode } from "../../../lib/errors.ts";
import type { HttpReply } from "../../../lib/net/dialer/dialer.ts";
import {
  backoffMs,
  isTransient,
  retryAfterMs,
  type RetryNotice,
  withRetries,
} from "../../../lib/net/dialer/retry.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { dialerFor, failureOf, get, httpServer, textOf, worldWith } from "../kit.ts";

/** A world whose pauses take no time and are recorded. */
function patientWorld(random = 0.5) {
  const pauses: number[] = [];
  let now = Date.UTC(2026, 10, 20, 12, 0, 0);
  const world = worldWith({}, {
    random: () => random,
    now: () => now,
    sleep: (ms, signal) => {
      signal?.throwIfAborted();
      pauses.push(ms);
      now += ms;
      return Promise.resolve();
    },
  });
  return { world, pauses };
}

function reply(status: number, headers: HeadersInit = {}): HttpReply {
  return {
    status,
    headers: new Headers(headers),
    body: null,
    url: new URL("http://localhost/"),
    route: { kind: "direct", reason: "test" },
  };
}

Deno.test("pauses double from 200 ms, with 10% jitter, and never exceed 30 s", () => {
  assertEquals([1, 2, 3, 4].map((retry) => backoffMs(retry, 0.5)), [200, 400, 800, 1600]);
  assertEquals([backoffMs(1, 0), Math.round(backoffMs(1, 0.999_999_9))], [180, 220]);
  assertEquals([backoffMs(9, 1), backoffMs(60, 1)], [30_000, 30_000]);
});

Deno.test("attempts continue until the budget is spent, and each retry is announced", async () => {
  const { world, pauses } = patientWorld();
  const notices: RetryNotice[] = [];
  const numbers: number[] = [];
  const last = await withRetries((attempt) => {
    numbers.push(attempt);
    return Promise.resolve(reply(503));
  }, { maxRetries: 3, world, onRetry: (notice) => notices.push(notice) });
  assertEquals([last.status, numbers, pauses], [503, [0, 1, 2, 3], [200, 400, 800]]);
  assertEquals(notices[0], { retry: 1, maxRetries: 3, delayMs: 200, because: "http 503" });
});

Deno.test("a budget of zero allows one attempt", async () => {
  const { world, pauses } = patientWorld();
  assertEquals((await withRetries(() => Promise.resolve(reply(500)), { maxRetries: 0, world })).status, 500);
  assertEquals(pauses, []);
});

Deno.test("a pause that the server requests is respected, and a very long one ends the retries", async () => {
  const date = new Date(Date.UTC(2026, 10, 20, 12, 0, 7)).toUTCString();
  const rows: readonly (readonly [HeadersInit, number | undefined])[] = [
    [{ "retry-after": "3" }, 3000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after": date }, 7000],
    [{ "retry-after": "Fri, 20 Nov 2020 00:00:00 GMT" }, 0],
    [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
    [{ "retry-after-ms": "soon", "retry-after": "9" }, 9000],
    [{ "retry-after": "soon" }, 200],
    [{ "retry-after": "-1" }, 200],
    [{ "retry-after": "120" }, 120_000],
    [{ "retry-after": "3600" }, undefined],
  ];
  for (const [headers, expected] of rows) {
    const { world, pauses } = patientWorld();
    await withRetries((attempt) => Promise.resolve(attempt === 0 ? reply(503, headers) : reply(200)), {
      maxRetries: 4,
      world,
    });
    assertEquals(pauses, expected === undefined ? [] : [expected], JSON.stringify(headers));
  }
  assertEquals(retryAfterMs(new Headers(), 0), undefined);
});

Deno.test("temporary failures are retried, permanent ones are not", () => {
  const replies = Object.fromEntries(
    [200, 400, 401, 403, 404, 408, 413, 422, 429, 500, 501, 502, 503, 504, 529].map(
      (status) => [status, isTransient({ kind: "reply", reply: reply(status) })],
    ),
  );
  assertEquals(Object.keys(replies).filter((status) => replies[status] === true), [
    "408",
    "500",
    "502",
    "503",
    "504",
    "529",
  ]);
  const codes: readonly ErrorCode[] = [
    "dns",
    "connect",
    "connect_timeout",
    "reset",
    "header_timeout",
    "proxy_auth",
    "proxy_refused",
    "proxy_invalid",
    "tls_unknown_issuer",
    "tls_handshake",
    "redirect",
    "config",
  ];
  assertEquals(
    codes.filter((code) => isTransient({ kind: "error", error: new CulvertError(code, "x") })),
    ["dns", "connect", "connect_timeout", "reset", "header_timeout"],
  );
  const gateway = new CulvertError("proxy_refused", "x", { details: { proxy_status: 503 } });
  assertEquals(isTransient({ kind: "error", error: gateway }), true);
});

Deno.test("the caller can decide about a retry, and internal errors are never retried", async () => {
  const { world } = patientWorld();
  let calls = 0;
  await withRetries(() => Promise.resolve(reply(503)), {
    maxRetries: 5,
    world,
    shouldRetry: () => calls++ < 2,
  });
  assertEquals(calls, 3);
  await assertRejects(
    withRetries(() => Promise.reject(new TypeError("bug")), { maxRetries: 5, world }),
    TypeError,
  );
});

Deno.test("an abort ends the pause with the signal's reason", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const running = withRetries(() => Promise.resolve(reply(503)), {
    maxRetries: 5,
    world: worldWith(),
    signal: stop.signal,
    onRetry: () => stop.abort(reason),
  });
  await assertRejects(running, (error: unknown) => error === reason);
});

Deno.test("over a real connection, two failures are followed by the reply, and an untrusted certificate gets one attempt", async () => {
  let requests = 0;
  await using server = httpServer(() =>
    new Response(`answer ${++requests}`, { status: requests < 3 ? 502 : 200 })
  );
  const { world, pauses } = patientWorld();
  using dialer = await dialerFor();
  const answer = await withRetries(() => dialer.request(get(`http://localhost:${server.port}/`)), {
    maxRetries: 4,
    world,
  });
  assertEquals([answer.status, await textOf(answer), pauses], [200, "answer 3", [200, 400]]);
  let attempts = 0;
  const error = await failureOf(withRetries(() => {
    attempts++;
    return dialer.request(get(`https://localhost:${server.port}/`));
  }, { maxRetries: 4, world }));
  assertEquals([error.code, attempts], ["tls_handshake", 1]);
  assert(pauses.length === 2);
});

import { httpFailure } from "../../../lib/responses/failures/http_failures.ts";
import { localTime } from "../../../lib/responses/failures/usage_limit.ts";
import { waitInText } from "../../../lib/responses/failures/wait_hint.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { error, STATUS_ROWS, USAGE_LIMIT_ROWS } from "./status_rows.ts";

const NOW = Date.UTC(2026, 10, 20, 12);

function judge(status: number, body: object | string, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return httpFailure(
    { status, headers: new Headers(headers), body: text, attempted: "POST https://h/v1/responses" },
    { now: NOW, secrets: [] },
  );
}

for (const [name, status, body, code, retryable, says] of STATUS_ROWS) {
  Deno.test(`a reply of ${name} is ${code}${retryable ? ", retried" : ""}`, () => {
    const failure = judge(status, body);
    assertEquals([failure.error.code, failure.retryable], [code, retryable]);
    assertIncludes(failure.error.message, says);
    assertIncludes(failure.error.message, "POST https://h/v1/responses");
  });
}

Deno.test("a 401 reports all four facts of evidence, in its message and in its details", () => {
  const encoded = btoa(JSON.stringify({ error: { code: "token_expired" } }));
  const failure = judge(401, error({ message: "no" }), {
    "x-oai-request-id": "req_9",
    "cf-ray": "ray_9",
    "x-openai-authorization-error": "expired",
    "x-error-json": encoded,
  });
  const { status, request_id, cf_ray, auth_error, auth_error_code } = failure.error.details;
  assertEquals([status, request_id, cf_ray, auth_error, auth_error_code], [
    401,
    "req_9",
    "ray_9",
    "expired",
    "token_expired",
  ]);
  for (const part of ["req_9", "ray_9", "expired", "token_expired"]) {
    assertIncludes(failure.error.message, part);
  }
});

for (
  const [host, mode, kind, isMismatch] of [
    ["chatgpt.com", "apikey", "chatgpt", true],
    ["chatgpt.com", "chatgpt", "chatgpt", false],
    ["api.openai.com", "chatgpt", "platform", true],
    ["api.openai.com", "apikey", "platform", false],
    ["gateway.example", "chatgpt", "custom", false],
  ] as const
) {
  Deno.test(`a 403 of ${host} to ${mode} names the kind of server${isMismatch ? ", and that the login does not fit it" : ""}`, () => {
    const refusal = {
      status: 403,
      headers: new Headers(),
      body: "{}",
      attempted: "POST",
      url: new URL(`https://${host}/v1`),
    };
    const { details, hint = "" } = httpFailure(refusal, { now: NOW, secrets: [], mode }).error;
    assertEquals([details.base_url_class, details.provider_mismatch], [kind, isMismatch]);
    assertEquals(hint.includes(`does not work at ${host}`), isMismatch);
  });
}

Deno.test("a credential that the server repeats in any field of its error is masked", () => {
  const secrets = ["corporate-key-1"];
  const body = JSON.stringify(
    error({ message: "m corporate-key-1", code: "c corporate-key-1", type: "t corporate-key-1" }),
  );
  const refusal = { status: 400, headers: new Headers(), body, attempted: "POST https://h/v1/responses" };
  const { details, message } = httpFailure(refusal, { now: NOW, secrets }).error;
  assertIncludes(message, "m ***");
  assertEquals([details.error_code, details.error_type], ["c ***", "t ***"]);
});

Deno.test("the text of a Cloudflare page is not shown, its ray id is", () => {
  const { message } = judge(403, "<html>Cloudflare blocked</html>", { "cf-ray": "ray_1" }).error;
  assertExcludes(message, "<html>");
  assertIncludes(message, "ray_1");
});

Deno.test("a page of nginx about a request without TLS leads to the hint to write https://", () => {
  const title = "400 The plain HTTP request was sent to HTTPS port";
  const { hint } = judge(400, `<html><title>${title}</title></html>`).error;
  assertEquals(hint, "Write https:// instead of http:// in the address of the server.");
});

Deno.test("a long body is truncated to 1000 bytes at a character boundary", () => {
  const { message } = judge(418, "é".repeat(800)).error;
  assertIncludes(message, `${"é".repeat(500)}…`);
  assertExcludes(message, "é".repeat(501));
});

Deno.test("control characters of a body do not reach the terminal", () => {
  assertIncludes(judge(418, "a\u001b[31mred\u0007").error.message, "a [31mred");
});

Deno.test("a usage limit reports plan and reset, and the snapshot of the active family", () => {
  const failure = judge(
    429,
    error({ type: "usage_limit_reached", plan_type: "pro", resets_at: 1704067242 }),
    {
      "x-codex-active-limit": "codex_other",
      "x-codex-other-limit-name": "codex_other",
      "x-codex-other-primary-used-percent": "100",
      "x-codex-rate-limit-reached-type": "workspace_member_usage_limit_reached",
      "x-codex-credits-has-credits": "false",
      "x-codex-credits-unlimited": "false",
      "x-codex-credits-balance": "",
    },
  );
  assertEquals([failure.error.code, failure.error.exitStatus, failure.retryable], ["usage_limit", 6, false]);
  assertEquals(failure.snapshot?.limit_id, "codex_other");
  assertEquals(failure.snapshot?.limit_name, "codex_other");
  assertEquals(failure.snapshot?.rate_limit_reached_type, "workspace_member_usage_limit_reached");
  assertEquals(failure.snapshot?.credits?.balance, null);
  assertEquals(failure.error.details.resets_at, 1704067242);
  assertEquals(failure.error.details.rate_limit_reached_type, "workspace_member_usage_limit_reached");
});

Deno.test("a limit without a name header has no name, and an invalid reached-type is ignored", () => {
  // In a header the byte 0xFF reads as U+00FF (Latin-1).
  for (const reached of ["something_new", "\u00ff"]) {
    const failure = judge(429, error({ type: "usage_limit_reached" }), {
      "x-codex-active-limit": "codex_other",
      "x-codex-rate-limit-reached-type": reached,
    });
    assertEquals([failure.snapshot?.limit_name, failure.snapshot?.rate_limit_reached_type], [null, null]);
  }
});

for (const [name, plan, headers, says] of USAGE_LIMIT_ROWS) {
  Deno.test(`usage limit, ${name}`, () => {
    const { hint } = judge(429, error({ type: "usage_limit_reached", plan_type: plan }), headers).error;
    assert(says.test(hint ?? ""), hint ?? "no hint");
  });
}

Deno.test("a workspace without credits has different messages for owner and member, without a time", () => {
  const text = (who: string) =>
    judge(429, error({ type: "usage_limit_reached", resets_at: 1 }), {
      "x-codex-rate-limit-reached-type": `workspace_${who}_credits_depleted`,
    }).error;
  assertIncludes(text("owner").message, "add credits");
  assertIncludes(text("member").message, "ask its owner");
  assertEquals(text("owner").hint, "");
});

Deno.test("a reset time today is shown as a clock time, on another day with its date", () => {
  const at = (day: number, hour: number, minute: number) => new Date(2026, 10, day, hour, minute).getTime();
  assertEquals(localTime(at(20, 15, 7), at(20, 9, 0)), "3:07 PM");
  assertEquals(localTime(at(21, 0, 5), at(20, 9, 0)), "Nov 21st, 2026 12:05 AM");
  assertEquals(localTime(at(12, 9, 0), at(20, 9, 0)), "Nov 12th, 2026 9:00 AM");
  assertEquals(localTime(at(23, 9, 0), at(20, 9, 0)), "Nov 23rd, 2026 9:00 AM");
});

for (
  const [text, ms] of [
    ["Please try again in 11.054s.", 11_054],
    ["try again in 28ms", 28],
    ["Try again in 35 seconds.", 35_000],
    ["TRY AGAIN IN 1.898s", 1_898],
    ["try again in1s", 1_000],
    ["try again in 1m30s.", 90_000],
    ["try again in 2 minutes and 5 seconds", 125_000],
    ["try again in 1h2m", 3_720_000],
    ["try again in 2.5ms", 2],
    ["try again later", undefined],
    ["try again in a while", undefined],
    ["", undefined],
  ] as const
) {
  Deno.test(`"${text}" requests a delay of ${ms} ms`, () => assertEquals(waitInText(text), ms));
}

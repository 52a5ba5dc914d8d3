import { frameHeaders, serverEvidence } from "../../lib/net/server_evidence.ts";
import { assertEquals } from "../support/assert.ts";

const ERROR_JSON = "eyJlcnJvciI6eyJjb2RlIjoidG9rZW5fZXhwaXJlZCJ9fQ==";

Deno.test("serverEvidence() reads the request id, the ray id, the authorization error and the decoded error code", () => {
  const headers = new Headers({
    "x-oai-request-id": "req-401",
    "cf-ray": "ray-401",
    "x-openai-authorization-error": "missing_authorization_header",
    "x-error-json": ERROR_JSON,
  });
  assertEquals(serverEvidence(headers), {
    requestId: "req-401",
    cfRay: "ray-401",
    authError: "missing_authorization_header",
    authErrorCode: "token_expired",
  });
});

Deno.test("serverEvidence() prefers x-request-id to x-oai-request-id, and ignores an empty one", () => {
  assertEquals(serverEvidence(new Headers({ "x-request-id": "a", "x-oai-request-id": "b" })), {
    requestId: "a",
  });
  assertEquals(serverEvidence(new Headers({ "x-request-id": "", "x-oai-request-id": "b" })), {
    requestId: "b",
  });
});

Deno.test("serverEvidence() omits the code when x-error-json is unpadded, not base64, not JSON or not a string", () => {
  const broken = [
    ERROR_JSON.replaceAll("=", ""),
    "%%%",
    btoa("not json"),
    btoa('{"error":"token_expired"}'),
    btoa('{"error":{"code":7}}'),
    btoa("null"),
    btoa("\xff\xfe"),
    "",
  ];
  for (const value of broken) {
    assertEquals(
      serverEvidence(new Headers({ "x-error-json": value, "cf-ray": "r" })),
      { cfRay: "r" },
      value,
    );
  }
});

Deno.test("serverEvidence() ignores a header that is not plain text, and truncates a very long one", () => {
  assertEquals(serverEvidence(new Headers({ "cf-ray": "caf\xe9" })), {});
  assertEquals(serverEvidence(new Headers({ "cf-ray": "r".repeat(5_000) })).cfRay?.length, 256);
});

Deno.test("frameHeaders() takes the strings, numbers and booleans of an error frame, and no illegal value", () => {
  const headers = frameHeaders({
    "x-request-id": "req-1",
    "cf-ray": 7,
    "x-openai-authorization-error": true,
    "x-error-json": { code: "no" },
    "bad name": "x",
    "x-split": "a\r\nb: c",
  });
  assertEquals([...headers], [
    ["cf-ray", "7"],
    ["x-openai-authorization-error", "true"],
    ["x-request-id", "req-1"],
  ]);
  assertEquals([...frameHeaders(null)], []);
  assertEquals([...frameHeaders(["x"])], []);
});

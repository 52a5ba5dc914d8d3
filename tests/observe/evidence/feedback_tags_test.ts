import type { CredentialFacts } from "../../../lib/auth/recovery/active_credential.ts";
import { AuthEvidence, EXTRA_TAGS } from "../../../lib/observe/evidence/feedback_tags.ts";
import type { RecoveryObservation, RequestObservation, ServerEvidence } from "../../../lib/net/observer.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { HOUR_MS, testProvider } from "../../auth/kit.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const LOGIN: CredentialFacts = {
  mode: "chatgpt",
  source: { kind: "file", name: "/home/ada/.codex/auth.json" },
  issuedAt: NOW - 2 * HOUR_MS,
  expiresAt: NOW - HOUR_MS,
};
const FOUR: ServerEvidence = {
  requestId: "req-401",
  cfRay: "ray-401",
  authError: "missing_authorization_header",
  authErrorCode: "token_expired",
};

function request(extra: Partial<RequestObservation> = {}): RequestObservation {
  return {
    kind: "request",
    transport: "http",
    endpoint: "/responses",
    attempt: 0,
    durationMs: 5,
    authHeaderAttached: true,
    evidence: {},
    ...extra,
  };
}

function recovery(extra: Partial<RecoveryObservation> = {}): RecoveryObservation {
  return {
    kind: "recovery",
    mode: "managed",
    phase: "refresh_token",
    outcome: "recovery_succeeded",
    reason: "ready",
    stateChanged: true,
    endpoint: "/responses",
    transport: "http",
    evidence: FOUR,
    ...extra,
  };
}

function evidence(
  env: Record<string, string> = {},
  facts: CredentialFacts | undefined = LOGIN,
  envKey?: string,
) {
  const provider = testProvider(envKey === undefined ? {} : { envKey });
  return new AuthEvidence({ env: (name) => env[name], provider, now: () => NOW, facts: () => facts });
}

Deno.test("a request event writes every request tag, and only the additional ones", () => {
  const env = { OPENAI_API_KEY: "sk-1", CODEX_API_KEY: " ", CODEX_REFRESH_TOKEN_URL_OVERRIDE: "http://x" };
  const store = evidence(env, LOGIN, "sk-key-in-the-wrong-place");
  store.observer.observe(request({ status: 401, error: "http 401", evidence: FOUR }));
  assertEquals(store.tags(), {
    endpoint: "/responses",
    auth_header_attached: "true",
    auth_header_name: "authorization",
    auth_mode: "Chatgpt",
    auth_retry_after_unauthorized: "false",
    auth_recovery_mode: "",
    auth_recovery_phase: "",
    auth_connection_reused: "",
    auth_request_id: "req-401",
    auth_cf_ray: "ray-401",
    auth_error: "missing_authorization_header",
    auth_error_code: "token_expired",
    auth_recovery_followup_success: "",
    auth_recovery_followup_status: "",
    auth_env_openai_api_key_present: "true",
    auth_env_codex_api_key_present: "false",
    auth_env_codex_api_key_enabled: "true",
    auth_env_provider_key_name: "configured",
    auth_env_provider_key_present: "false",
    auth_env_refresh_token_url_override_present: "true",
    auth_base_url_class: "chatgpt",
    auth_provider_mismatch: "false",
    auth_geo_denied: "false",
    auth_credential_source: "file",
    auth_token_age_s_bucket: "3600-86400",
    auth_token_expires_in_bucket: "<0",
    auth_agent_id: "",
    auth_task_id: "",
    last_model_request_id: "req-401",
  });
  for (const [name, value] of Object.entries(store.tags())) {
    assertEquals([name, typeof value], [name, "string"]);
  }
});

Deno.test("a geographic denial is tagged, and the next good request clears the tag", () => {
  const store = evidence();
  store.observer.observe(request({ status: 403, error: "http 403", denial: "geographic" }));
  assertEquals(store.tags()["auth_geo_denied"], "true");
  store.observer.observe(request({ status: 200 }));
  assertEquals(store.tags()["auth_geo_denied"], "");
});

Deno.test("an attempt after a recovery is reported with its mode, its header, and the recovery step that caused it", () => {
  const store = evidence();
  store.observer.observe(recovery());
  store.observer.observe(request());
  const { auth_mode, auth_header_attached, auth_header_name, ...tags } = store.tags();
  assertEquals([auth_mode, auth_header_attached, auth_header_name], ["Chatgpt", "true", "authorization"]);
  assertEquals(
    [tags["auth_retry_after_unauthorized"], tags["auth_recovery_mode"], tags["auth_recovery_phase"]],
    ["true", "managed", "refresh_token"],
  );
});

Deno.test("the agent that signed is reported, the age of an unsent token is not, and the next attempt clears both", () => {
  const store = evidence();
  store.observer.observe(request({ status: 401, error: "http 401", agentId: "agent-1", taskId: "task-1" }));
  const of = (...names: readonly string[]) => names.map((name) => store.tags()[name]);
  const names = ["auth_agent_id", "auth_task_id", "auth_token_age_s_bucket", "auth_token_expires_in_bucket"];
  assertEquals(of(...names), ["agent-1", "task-1", "", ""]);
  store.observer.observe(request({ status: 200 }));
  assertEquals(of(...names), ["", "", "3600-86400", "<0"]);
});

Deno.test("a recovery event writes the four tags of its 401, mode, phase and outcome, and the additions", () => {
  const store = evidence();
  store.observer.observe(recovery());
  assertEquals(store.tags(), {
    auth_recovery_mode: "managed",
    auth_recovery_phase: "refresh_token",
    auth_recovery_outcome: "recovery_succeeded",
    auth_401_request_id: "req-401",
    auth_401_cf_ray: "ray-401",
    auth_401_error: "missing_authorization_header",
    auth_401_error_code: "token_expired",
    auth_401_at_ms: String(NOW),
    auth_401_endpoint: "/responses",
    auth_401_transport: "http",
    auth_401_count: "1",
    auth_recovery_reason: "ready",
    auth_state_changed: "true",
  });
  store.observer.observe(request());
  for (const name of EXTRA_TAGS) assert(name in store.tags(), name);
});

Deno.test("after a successful retry auth_401_* describes the 401 and auth_* the retry, and the follow-up succeeded", () => {
  const store = evidence();
  store.observer.observe(request({ status: 401, error: "http 401", evidence: FOUR }));
  store.observer.observe(recovery());
  store.observer.observe(request({ status: 200, evidence: { requestId: "req-200" } }));
  const tags = store.tags();
  assertEquals([tags["auth_401_request_id"], tags["auth_401_error_code"]], ["req-401", "token_expired"]);
  assertEquals([tags["auth_request_id"], tags["auth_cf_ray"], tags["auth_error_code"]], ["req-200", "", ""]);
  assertEquals(
    [
      tags["auth_retry_after_unauthorized"],
      tags["auth_recovery_mode"],
      tags["auth_recovery_phase"],
      tags["auth_recovery_followup_success"],
      tags["auth_recovery_followup_status"],
    ],
    ["true", "managed", "refresh_token", "true", "200"],
  );
});

Deno.test("a failed retry is reported as failed, and only the attempt after a recovery is a retry", () => {
  const store = evidence();
  store.observer.observe(recovery());
  store.observer.observe(request({ status: 401, error: "http 401", evidence: { requestId: "req-2" } }));
  assertEquals(store.tags()["auth_recovery_followup_success"], "false");
  assertEquals(store.tags()["auth_recovery_followup_status"], "401");
  store.observer.observe(request({ status: 200 }));
  assertEquals(store.tags()["auth_retry_after_unauthorized"], "false");
  assertEquals(store.tags()["auth_recovery_followup_success"], "");
});

Deno.test("repeats of a retry after server errors still follow the recovery", () => {
  const store = evidence();
  store.observer.observe(recovery());
  store.observer.observe(request({ status: 503, error: "http 503" }));
  store.observer.observe(request({ status: 200, attempt: 1 }));
  assertEquals(store.tags()["auth_retry_after_unauthorized"], "true");
});

Deno.test("a later 401 overwrites all four auth_401_* tags and clears those without a value", () => {
  const store = evidence();
  store.observer.observe(recovery());
  store.observer.observe(
    recovery({ outcome: "recovery_not_run", count: 2, evidence: { requestId: "req-2" } }),
  );
  const tags = store.tags();
  assertEquals(
    [
      tags["auth_401_request_id"],
      tags["auth_401_cf_ray"],
      tags["auth_401_error"],
      tags["auth_401_error_code"],
      tags["auth_401_count"],
    ],
    ["req-2", "", "", "", "2"],
  );
});

Deno.test("a request after a full event clears tags without a value, and keeps those of the environment", () => {
  const store = evidence({ OPENAI_API_KEY: "sk-1" });
  store.observer.observe(request({ status: 401, error: "http 401", evidence: FOUR }));
  const environment = (tags: Readonly<Record<string, string>>) =>
    Object.entries(tags).filter(([name]) => name.startsWith("auth_env_"));
  const before = environment(store.tags());
  store.observer.observe(request({ authHeaderAttached: false }));
  const tags = store.tags();
  for (const name of ["auth_request_id", "auth_cf_ray", "auth_error", "auth_error_code"]) {
    assertEquals([name, tags[name]], [name, ""]);
  }
  assertEquals(tags["auth_header_attached"], "false");
  assertEquals([before.length, environment(tags)], [6, before]);
});

Deno.test("a handshake after a recovery and the first request on its socket are the retry, the second is not", () => {
  const store = evidence();
  const websocket = { transport: "websocket" } as const;
  store.observer.observe(recovery({ transport: "websocket", phase: "reload" }));
  store.observer.observe(request({ ...websocket, status: 101 }));
  assertEquals(
    [store.tags()["auth_connection_reused"], store.tags()["auth_recovery_phase"]],
    ["false", "reload"],
  );
  store.observer.observe(request({ ...websocket, connectionReused: false }));
  assertEquals(store.tags()["auth_retry_after_unauthorized"], "true");
  assertEquals(store.tags()["auth_recovery_followup_status"], "");
  store.observer.observe(request({ ...websocket, connectionReused: true }));
  assertEquals(store.tags()["auth_retry_after_unauthorized"], "false");
  assertEquals(store.tags()["auth_connection_reused"], "true");
});

Deno.test("a request for the list of models has no retry tags", () => {
  const store = evidence();
  store.observer.observe(request({ endpoint: "/models", status: 200 }));
  assertEquals(store.tags()["auth_retry_after_unauthorized"], "");
});

Deno.test("an API key is tagged ApiKey, a missing credential has no tag, and a key for another backend is classified", () => {
  const key = evidence({}, { mode: "apikey", source: { kind: "env", name: "OPENAI_API_KEY" } });
  key.observer.observe(request());
  assertEquals(
    [key.tags()["auth_mode"], key.tags()["auth_base_url_class"], key.tags()["auth_credential_source"]],
    ["ApiKey", "platform", "env"],
  );
  const none = evidence({}, { mode: "none", source: { kind: "none", name: "none" } });
  none.observer.observe(request({ authHeaderAttached: false }));
  assertEquals([none.tags()["auth_mode"], none.tags()["auth_header_name"]], ["", ""]);
});

/**
 * Findings of the doctor about the credential without a connection. The rows run in the process and as the
 * program.
 */
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { type CheckRow, finding, folder, PLANTED_KEY } from "../kit.ts";
import { offline } from "./offline.ts";

/** Each row examines an environment once or more and checks the findings. */
export const CREDENTIAL_ROWS: readonly CheckRow[] = [
  {
    name:
      "without a credential the check fails with the exit status of authentication and names every way to give one",
    check: async (diagnose) => {
      const report = await diagnose({ mode: "offline" });
      const found = finding(report, "credentials");
      assertEquals([found.code, report.exit_code, report.next], ["auth_missing", 4, "culvert auth login"]);
      assertIncludes(found.remediation ?? "", "OPENAI_API_KEY");
    },
  },
  {
    name: "if the variable of a provider is missing, the next command is not a login",
    check: async (diagnose) => {
      using home = folder();
      home.write("config.toml", '[model_providers.corp]\nname = "Corp"\nenv_key = "CORP_KEY"\n');
      const env = { CODEX_HOME: home.path };
      const flags = { provider: "corp", baseUrl: "https://corp.test/v1" };
      const report = await diagnose({ mode: "offline", env, flags });
      assertEquals([finding(report, "credentials").code, report.exit_code], ["auth_missing", 4]);
      assertIncludes(finding(report, "credentials").remediation ?? "", "CORP_KEY");
      assertExcludes(report.next, "auth login");
    },
  },
  {
    name: "a credential that forced_login_method does not allow fails, and the next command is allowed",
    check: async (diagnose) => {
      using home = folder();
      const rows = [["chatgpt", "CODEX_API_KEY", true], ["api", "CODEX_ACCESS_TOKEN", false]] as const;
      for (const [method, variable, canSignIn] of rows) {
        home.write("config.toml", `forced_login_method = "${method}"\n`);
        const env = { CODEX_HOME: home.path, [variable]: "at-0123456789" };
        const report = await diagnose({ mode: "offline", env });
        const found = finding(report, "credentials");
        assertEquals([found.code, report.exit_code], ["auth_missing", 4]);
        for (const part of [variable, `forced_login_method = "${method}"`]) {
          assertIncludes(found.summary, part);
        }
        assertEquals(report.next === "culvert auth login", canSignIn);
      }
    },
  },
  {
    name: "a credential is shown by its source and never by its value",
    check: async (diagnose) => {
      const report = await offline(diagnose);
      assertEquals(finding(report, "credentials").summary, "API key from CULVERT_API_KEY");
      assertExcludes(JSON.stringify(report), PLANTED_KEY);
    },
  },
  {
    name: "a provider that needs no credential passes without one",
    check: async (diagnose) => {
      const report = await diagnose({ mode: "offline", url: "http://localhost:1/v1" });
      assertEquals(finding(report, "credentials").status, "ok");
    },
  },
  {
    name: "a provider whose headers come from unset variables causes a warning that names them",
    check: async (diagnose) => {
      using home = folder();
      home.write(
        "config.toml",
        '[model_providers.gate]\nname = "Gate"\nbase_url = "http://localhost:1/v1"\n' +
          'env_http_headers = { "x-key" = "GATE_KEY" }\n',
      );
      const flags = { provider: "gate" };
      const report = await diagnose({ mode: "offline", env: { CODEX_HOME: home.path }, flags });
      const found = finding(report, "credentials");
      assertEquals(found.status, "warn");
      assertIncludes(
        found.summary,
        'The provider "gate" reads headers from GATE_KEY, which is unset or empty',
      );
      assertIncludes(found.remediation ?? "", "Set GATE_KEY");
      const env = { CODEX_HOME: home.path, GATE_KEY: "set" };
      const good = await diagnose({ mode: "offline", env, flags });
      assertEquals(finding(good, "credentials").status, "ok");
    },
  },
  {
    name: "an expired login that can be renewed causes a warning, and the next command renews it",
    check: async (diagnose) => {
      using home = folder();
      home.write("auth.json", login({ expiresAt: Date.now() - 60_000, refresh: "rt-planted-refresh-token" }));
      const report = await diagnose({ mode: "offline", env: { CODEX_HOME: home.path } });
      const found = finding(report, "credentials");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, "ChatGPT login");
      assertIncludes(found.summary, "expired at");
      assertEquals(report.next, "culvert auth refresh");
      assertExcludes(JSON.stringify(report), "anna.planted@corp.example");
      assertExcludes(JSON.stringify(report), "rt-planted");
    },
  },
  {
    name: "an expired login that cannot be renewed fails",
    check: async (diagnose) => {
      using home = folder();
      home.write("auth.json", login({ expiresAt: Date.now() - 60_000, refresh: "" }));
      const report = await diagnose({ mode: "offline", env: { CODEX_HOME: home.path } });
      assertEquals(finding(report, "credentials").code, "auth_missing");
      assertEquals(report.exit_code, 4);
    },
  },
  {
    name: "a login for which an agent signs passes, and the check says that the agent was not tested",
    check: async (diagnose) => {
      using home = folder();
      home.write(
        "auth.json",
        login({ expiresAt: Date.UTC(2100, 0, 1), refresh: "rt-planted-refresh-token" }),
      );
      home.write("config.toml", "[features]\nuse_agent_identity = true\n");
      const report = await diagnose({ mode: "offline", env: { CODEX_HOME: home.path } });
      const { status, summary } = finding(report, "credentials");
      assertEquals(status, "ok");
      assertIncludes(summary, "the agent that signs for it (use_agent_identity) was not tested");
    },
  },
  {
    name: "a valid login is shown with its expiry, and with the routes of its renewal and of the API",
    check: async (diagnose) => {
      using home = folder();
      home.write(
        "auth.json",
        login({ expiresAt: Date.UTC(2100, 0, 1), refresh: "rt-planted-refresh-token" }),
      );
      const env = { CODEX_HOME: home.path, HTTPS_PROXY: "http://user:pl4nted@proxy:3128" };
      const report = await diagnose({ mode: "offline", env });
      assertIncludes(finding(report, "credentials").summary, "valid until 2100-01-01T00:00:00Z");
      assertEquals(finding(report, "route").details, {
        "chatgpt.com": "http://***@proxy:3128 from HTTPS_PROXY",
        "auth.openai.com": "http://***@proxy:3128 from HTTPS_PROXY",
      });
      assertExcludes(JSON.stringify(report), "pl4nted");
    },
  },
  {
    name: "an API key that would be sent to the ChatGPT backend causes a warning",
    check: async (diagnose) => {
      const report = await offline(diagnose, {}, {
        provider: "openai",
        baseUrl: "https://chatgpt.com/backend-api/codex",
      });
      assertIncludes(finding(report, "credentials").summary, "accepts ChatGPT logins, not API keys");
    },
  },
];

/** An `auth.json` of a ChatGPT login, planted e-mail inside. */
function login(facts: { readonly expiresAt: number; readonly refresh: string }): string {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  const token = (claims: unknown) => `${part({ alg: "none" })}.${part(claims)}.c2ln`;
  const claims = { exp: Math.floor(facts.expiresAt / 1_000), email: "anna.planted@corp.example" };
  return JSON.stringify({
    auth_mode: "chatgpt",
    tokens: {
      id_token: token(claims),
      access_token: token(claims),
      refresh_token: facts.refresh,
      account_id: "acc-1",
    },
    last_refresh: new Date().toISOString(),
  });
}

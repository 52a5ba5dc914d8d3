/** What the doctor finds without a connection. The rows run in the process and as the program. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import type { Report } from "../../../lib/doctor/report/report.ts";
import { type CheckRow, type Diagnose, finding, folder, PLANTED_KEY } from "../kit.ts";

const CA = await createAuthority("Culvert Test CA");
const KEY = { CULVERT_API_KEY: PLANTED_KEY };

async function offline(
  diagnose: Diagnose,
  env: Readonly<Record<string, string>> = {},
  flags = {},
): Promise<Report> {
  return await diagnose({ mode: "offline", env: { ...KEY, ...env }, flags });
}

/** Each row examines an environment once or more and checks the findings. */
export const LOCAL_ROWS: readonly CheckRow[] = [
  {
    name: "a clean environment passes every local check, and no connection is opened",
    check: async (diagnose) => {
      const report = await offline(diagnose);
      assertEquals(report.status, "ok");
      assertEquals(report.exit_code, 0);
      for (const check of report.checks) assert(["ok", "skipped"].includes(check.status), check.id);
      assertIncludes(finding(report, "dns").summary, "--offline");
    },
  },
  {
    name: "upper and lower case proxy variables that disagree are a warning with a remedy",
    check: async (diagnose) => {
      const report = await offline(diagnose, { HTTPS_PROXY: "http://one:1", https_proxy: "http://two:2" });
      const found = finding(report, "proxy_vars");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, "HTTPS_PROXY and https_proxy are both set and differ");
      assertIncludes(found.remediation ?? "", "unset https_proxy");
    },
  },
  {
    name: "a proxy variable that cannot be used is a warning even where it does not apply",
    check: async (diagnose) => {
      const report = await offline(diagnose, { HTTP_PROXY: "socks4://old:1080" });
      const found = finding(report, "proxy_vars");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, "HTTP_PROXY");
      assertIncludes(found.summary, "socks4");
      assertEquals(finding(report, "route").status, "ok");
    },
  },
  {
    name: "quotes around a proxy address are named as what they are",
    check: async (diagnose) => {
      const report = await offline(diagnose, { https_proxy: '"http://proxy:3128"' });
      assertIncludes(finding(report, "proxy_vars").summary, "quotes");
    },
  },
  {
    name: "with --proxy the variables are ignored, and the check says so",
    check: async (diagnose) => {
      const report = await offline(diagnose, { HTTPS_PROXY: "nonsense://" }, { proxy: "http://flag:1" });
      assertEquals(finding(report, "proxy_vars").summary, "--proxy is used; HTTPS_PROXY is ignored");
      assertIncludes(finding(report, "route").summary, "http://flag:1 from --proxy");
    },
  },
  {
    name: "a CA variable that names a missing file is stale, also one of other programs",
    check: async (diagnose) => {
      const report = await offline(diagnose, { REQUESTS_CA_BUNDLE: "/nowhere/ca.pem" });
      const found = finding(report, "ca_vars");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, "REQUESTS_CA_BUNDLE names /nowhere/ca.pem, which does not exist");
      assertEquals(found.remediation, "Correct or unset REQUESTS_CA_BUNDLE.");
    },
  },
  {
    name: "a CA variable with ~ or quotes is named as that",
    check: async (diagnose) => {
      const tilde = finding(await offline(diagnose, { CURL_CA_BUNDLE: "~/ca.pem" }), "ca_vars");
      assertIncludes(tilde.summary, "begins with ~");
      const quoted = finding(await offline(diagnose, { CURL_CA_BUNDLE: '"/etc/ca.pem"' }), "ca_vars");
      assertIncludes(quoted.summary, "quotes around it");
    },
  },
  {
    name: "where only other programs have a bundle, the remedy sets the variable of culvert",
    check: async (diagnose) => {
      using files = folder();
      const path = files.write("ca.pem", CA.certificate);
      const found = finding(await offline(diagnose, { REQUESTS_CA_BUNDLE: path }), "ca_vars");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, "REQUESTS_CA_BUNDLE names a CA bundle for other programs");
      assertIncludes(found.remediation ?? "", 'export CODEX_CA_CERTIFICATE="$REQUESTS_CA_BUNDLE"');
      const both = finding(
        await offline(diagnose, { REQUESTS_CA_BUNDLE: path, CODEX_CA_CERTIFICATE: path }),
        "ca_vars",
      );
      assertEquals(both.status, "ok");
    },
  },
  {
    name: "a CA variable of other programs whose certificates are trusted here as well needs no other one",
    check: async (diagnose) => {
      using files = folder();
      const path = files.write("ca.pem", CA.certificate);
      for (const name of ["NODE_EXTRA_CA_CERTS", "DENO_CERT"]) {
        const found = finding(await offline(diagnose, { REQUESTS_CA_BUNDLE: path, [name]: path }), "ca_vars");
        assertEquals(found.status, "ok", found.summary);
        assertIncludes(found.summary, `culvert trusts the certificates of ${name} as well`);
      }
      const inFolder = finding(await offline(diagnose, { SSL_CERT_DIR: files.path }), "ca_vars");
      assertEquals(inFolder.status, "ok", inFolder.summary);
      assertIncludes(inFolder.summary, "culvert trusts the certificates of SSL_CERT_DIR as well");
    },
  },
  {
    name: "a folder of SSL_CERT_DIR that does not exist, or is a file, is stale",
    check: async (diagnose) => {
      using files = folder();
      const file = files.write("ca.pem", CA.certificate);
      const value = [files.path, "/nowhere/certs", file].join(Deno.build.os === "windows" ? ";" : ":");
      const found = finding(await offline(diagnose, { SSL_CERT_DIR: value }), "ca_vars");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, "SSL_CERT_DIR names /nowhere/certs, which does not exist");
      assertIncludes(found.summary, `SSL_CERT_DIR names ${file}, which is not a folder`);
      assertEquals(found.remediation, "Correct or unset SSL_CERT_DIR.");
    },
  },
  {
    name: "a variable without effect is named with what to use instead",
    check: async (diagnose) => {
      const found = finding(
        await offline(diagnose, { OPENAI_API_BASE: "https://gateway", CODEX_CA_CERT: "/x" }),
        "variables",
      );
      assertEquals(found.status, "warn");
      assertEquals(found.summary, "OPENAI_API_BASE, CODEX_CA_CERT are set and have no effect");
      assertIncludes(found.remediation ?? "", "OPENAI_BASE_URL");
      assertIncludes(found.remediation ?? "", "Instead of CODEX_CA_CERT: set CODEX_CA_CERTIFICATE.");
    },
  },
  {
    name: "a switch that turns verification off elsewhere is said not to work",
    check: async (diagnose) => {
      const found = finding(await offline(diagnose, { NODE_TLS_REJECT_UNAUTHORIZED: "0" }), "variables");
      assertIncludes(found.remediation ?? "", "culvert always verifies");
    },
  },
  {
    name: "a broken config.toml fails with its line, and the checks that depend on it are skipped",
    check: async (diagnose) => {
      using home = folder();
      home.write("config.toml", 'model = "one"\nmodel = \n');
      const report = await offline(diagnose, { CODEX_HOME: home.path });
      const found = finding(report, "config");
      assertEquals([found.status, found.code, report.exit_code], ["fail", "config", 2]);
      assertIncludes(found.summary, "line 2");
      assertEquals(finding(report, "credentials").summary, 'Skipped, because "config" failed');
      assertEquals(finding(report, "bundle").status, "ok");
      assertEquals(report.target, null);
    },
  },
  {
    name: "an unknown key of config.toml is a warning",
    check: async (diagnose) => {
      using home = folder();
      home.write("config.toml", 'modle = "one"\n');
      const found = finding(await offline(diagnose, { CODEX_HOME: home.path }), "config");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, '"modle"');
    },
  },
  {
    name: "a URL that carries credentials is refused without repeating them",
    check: async (diagnose) => {
      const report = await diagnose({ mode: "offline", env: KEY, url: "https://user:hunter22@api.test/v1" });
      assertEquals(finding(report, "config").code, "config");
      assertExcludes(JSON.stringify(report), "hunter22");
    },
  },
  {
    name: "a missing CA bundle fails with the exit status of trust and names variable and path",
    check: async (diagnose) => {
      const report = await offline(diagnose, { CODEX_CA_CERTIFICATE: "/nowhere/ca.pem" });
      const found = finding(report, "bundle");
      assertEquals([found.status, found.code, report.exit_code], ["fail", "ca_unreadable", 3]);
      assertIncludes(found.summary, "CODEX_CA_CERTIFICATE");
      assertIncludes(found.summary, "/nowhere/ca.pem");
      assertEquals(
        report.next,
        Deno.build.os === "windows" ? "dir /nowhere/ca.pem" : "ls -l /nowhere/ca.pem",
      );
    },
  },
  {
    name: "a readable file without a certificate fails",
    check: async (diagnose) => {
      using files = folder();
      const report = await offline(diagnose, { CODEX_CA_CERTIFICATE: files.write("empty.pem", "hello\n") });
      assertEquals(finding(report, "bundle").code, "ca_invalid");
    },
  },
  {
    name: "a valid bundle is shown with its source, the count, the subjects and the expiry",
    check: async (diagnose) => {
      using files = folder();
      const report = await offline(diagnose, { CODEX_CA_CERTIFICATE: files.write("ca.pem", CA.certificate) });
      const found = finding(report, "bundle");
      assertEquals(found.status, "ok");
      assertIncludes(found.summary, "CODEX_CA_CERTIFICATE");
      assertEquals(found.details["certificates"], 1);
      assertIncludes(JSON.stringify(found.details["subjects"]), "CN=Culvert Test CA");
      assertMatch(JSON.stringify(found.details["subjects"]), /"not_after":"20\d\d-/);
    },
  },
  {
    name: "an expired root and a section that is skipped are warnings with their lines",
    check: async (diagnose) => {
      using files = folder();
      const old = await createAuthority("Old CA", {
        notBefore: 1_500_000_000_000,
        notAfter: 1_600_000_000_000,
      });
      const broken = CA.certificate.replace(/\n([A-Za-z0-9+/]{20})/, "\n!!!!$1");
      const path = files.write("ca.pem", `${old.certificate}${broken}`);
      const found = finding(await offline(diagnose, { CODEX_CA_CERTIFICATE: path }), "bundle");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, "expired on 2020-09-13");
      assertIncludes(JSON.stringify(found.details["skipped"]), '"line":');
    },
  },
  {
    name: "a root that ends within a month is a warning",
    check: async (diagnose) => {
      using files = folder();
      const soon = await createAuthority("Soon CA", { notAfter: Date.now() + 5 * 86_400_000 });
      const report = await offline(diagnose, {
        CODEX_CA_CERTIFICATE: files.write("ca.pem", soon.certificate),
      });
      assertIncludes(JSON.stringify(finding(report, "bundle").details["warnings"]), "ca_expires_soon");
    },
  },
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
    name: "where the variable of a provider is missing, the next command is not a login",
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
    name: "a provider whose headers come from unset variables is a warning that names them",
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
        'The provider "gate" takes headers from GATE_KEY, which is unset or empty',
      );
      assertIncludes(found.remediation ?? "", "Set GATE_KEY");
      const env = { CODEX_HOME: home.path, GATE_KEY: "set" };
      const good = await diagnose({ mode: "offline", env, flags });
      assertEquals(finding(good, "credentials").status, "ok");
    },
  },
  {
    name: "a base URL from OPENAI_BASE_URL is named as that",
    check: async (diagnose) => {
      const report = await offline(diagnose, { OPENAI_BASE_URL: "https://gateway.test/v1" });
      const found = finding(report, "config");
      assertEquals([found.status, report.target], ["ok", "https://gateway.test/v1"]);
      assertIncludes(found.summary, "transport auto, base URL from OPENAI_BASE_URL");
    },
  },
  {
    name: "a misspelt variable of OpenTelemetry is named with the right one",
    check: async (diagnose) => {
      const env = { OTEL_EXPORTER_OTLP_URL: "http://localhost:4318", OTEL_TRACE_EXPORTER: "otlp" };
      const found = finding(await offline(diagnose, env), "variables");
      assertEquals(found.status, "warn");
      assertIncludes(
        found.remediation ?? "",
        "Instead of OTEL_EXPORTER_OTLP_URL: set OTEL_EXPORTER_OTLP_ENDPOINT.",
      );
      assertIncludes(found.remediation ?? "", "Instead of OTEL_TRACE_EXPORTER: set OTEL_TRACES_EXPORTER.");
    },
  },
  {
    name: "an expired login that can be renewed is a warning, and the next command renews it",
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
    name: "a valid login is shown with its expiry, and the route of its renewal beside that of the API",
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
    name: "an API key that would go to the ChatGPT backend is a warning",
    check: async (diagnose) => {
      const report = await offline(diagnose, {}, {
        provider: "openai",
        baseUrl: "https://chatgpt.com/backend-api/codex",
      });
      assertIncludes(finding(report, "credentials").summary, "accepts ChatGPT logins, not API keys");
    },
  },
  {
    name: "a proxy address that applies and cannot be used fails the route",
    check: async (diagnose) => {
      const report = await offline(diagnose, { HTTPS_PROXY: "ftp://proxy:21" });
      const found = finding(report, "route");
      assertEquals([found.code, report.exit_code], ["proxy_invalid", 2]);
      assertIncludes(found.remediation ?? "", "http://host:port");
    },
  },
  {
    name: "NO_PROXY shows in the route with the entry that matched",
    check: async (diagnose) => {
      const report = await offline(diagnose, { HTTPS_PROXY: "http://proxy:3128", NO_PROXY: ".openai.com" });
      assertIncludes(finding(report, "route").summary, 'NO_PROXY entry ".openai.com"');
    },
  },
  {
    name: "with --network-only the report has the checks that open connections alone",
    check: async (diagnose) => {
      const report = await diagnose({ mode: "network-only", env: { CODEX_CA_CERTIFICATE: "/nowhere" } });
      assertEquals(report.checks.map(({ id }) => id).slice(0, 3), ["clock", "dns", "tcp"]);
      assertEquals(report.exit_code, 3);
    },
  },
  {
    name:
      "a URL without a path stands for the configured base URL at that origin, that of OpenAI, or the usual path",
    check: async (diagnose) => {
      const target = async (url: string, config = "") => {
        using home = folder();
        if (config !== "") home.write("config.toml", config);
        const report = await diagnose({ mode: "offline", url, env: { ...KEY, CODEX_HOME: home.path } });
        return [report.target, finding(report, "config").details["provider"]];
      };
      const config = 'openai_base_url = "https://gateway.test/deep/path"\n';
      assertEquals(await target("https://gateway.test", config), [
        "https://gateway.test/deep/path",
        "openai",
      ]);
      assertEquals(await target("https://api.openai.com"), ["https://api.openai.com/v1", "openai"]);
      assertEquals(await target("https://other.test:8443/"), ["https://other.test:8443/v1", "custom"]);
      assertEquals(await target("https://other.test/api"), ["https://other.test/api", "custom"]);
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

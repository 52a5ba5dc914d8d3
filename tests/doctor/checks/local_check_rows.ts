/** Findings of the doctor without a connection. The rows run in the process and as the program. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { type CheckRow, finding, folder, PLANTED_KEY } from "../kit.ts";
import { offline } from "./offline.ts";

const CA = await createAuthority("Culvert Test CA");
const KEY = { CULVERT_API_KEY: PLANTED_KEY };

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
    name: "upper and lower case proxy variables that differ cause a warning with a remedy",
    check: async (diagnose) => {
      const report = await offline(diagnose, { HTTPS_PROXY: "http://one:1", https_proxy: "http://two:2" });
      const found = finding(report, "proxy_vars");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, "HTTPS_PROXY and https_proxy are both set and differ");
      assertIncludes(found.remediation ?? "", "unset https_proxy");
    },
  },
  {
    name: "a proxy variable that cannot be used causes a warning even if it does not apply",
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
    name: "quotes around a proxy address are reported as such",
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
    name: "a CA variable that names a missing file is reported as stale, also one of other programs",
    check: async (diagnose) => {
      const report = await offline(diagnose, { REQUESTS_CA_BUNDLE: "/nowhere/ca.pem" });
      const found = finding(report, "ca_vars");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, "REQUESTS_CA_BUNDLE names /nowhere/ca.pem, which does not exist");
      assertEquals(found.remediation, "Correct or unset REQUESTS_CA_BUNDLE.");
    },
  },
  {
    name: "a CA variable with ~ or quotes is reported as such",
    check: async (diagnose) => {
      const tilde = finding(await offline(diagnose, { CURL_CA_BUNDLE: "~/ca.pem" }), "ca_vars");
      assertIncludes(tilde.summary, "begins with ~");
      const quoted = finding(await offline(diagnose, { CURL_CA_BUNDLE: '"/etc/ca.pem"' }), "ca_vars");
      assertIncludes(quoted.summary, "quotes around it");
    },
  },
  {
    name: "if only other programs have a bundle, the remedy sets the variable of culvert",
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
    name: "a CA variable of other programs needs no counterpart if its certificates are already trusted",
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
    name: "a folder of SSL_CERT_DIR that does not exist, or is a file, is reported as stale",
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
    name: "a variable without effect is reported with its replacement",
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
    name: "a variable with a letter missing, doubled or exchanged is reported with the name that is meant",
    check: async (diagnose) => {
      const set = {
        CODEX_CA_CERTFICATE: "/x",
        OPENAI_APPI_KEY: "sk-planted",
        htpts_proxy: "http://proxy.example:3128",
        HTTP_PROXY: "http://proxy.example:3128",
      };
      const found = finding(await offline(diagnose, set), "variables");
      assertEquals(found.status, "warn");
      assertEquals(
        found.remediation,
        "Instead of OPENAI_APPI_KEY: set OPENAI_API_KEY.\n" +
          "Instead of CODEX_CA_CERTFICATE: set CODEX_CA_CERTIFICATE.\nInstead of htpts_proxy: set https_proxy.",
      );
    },
  },
  {
    name: "a variable that disables verification in other programs is reported as having no effect",
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
      assertEquals(report.next, "culvert help config");
      assertEquals(finding(report, "credentials").summary, 'Skipped, because "config" failed');
      assertEquals(finding(report, "bundle").status, "ok");
      assertEquals(report.target, null);
    },
  },
  {
    name: "an unknown key of config.toml causes a warning",
    check: async (diagnose) => {
      using home = folder();
      home.write("config.toml", 'modle = "one"\n');
      const found = finding(await offline(diagnose, { CODEX_HOME: home.path }), "config");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, '"modle"');
    },
  },
  {
    name: "a key that only culvert knows causes a warning in config.toml and none in culvert.toml",
    check: async (diagnose) => {
      using home = folder();
      home.write("config.toml", "[rollout_trace]\nkeep_days = 3\n");
      const found = finding(await offline(diagnose, { ...KEY, CODEX_HOME: home.path }), "config");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, '"rollout_trace.keep_days"');
      assertIncludes(found.remediation ?? "", "Move these keys to culvert.toml");
      home.write("culvert.toml", "[rollout_trace]\nkeep_days = 3\n");
      home.write("config.toml", "");
      const moved = finding(await offline(diagnose, { ...KEY, CODEX_HOME: home.path }), "config");
      assertEquals(moved.status, "ok");
      assertIncludes(moved.summary, "culvert.toml");
    },
  },
  {
    name: "a URL that contains credentials is refused without repeating them",
    check: async (diagnose) => {
      const report = await diagnose({ mode: "offline", env: KEY, url: "https://user:hunter22@api.test/v1" });
      assertEquals(finding(report, "config").code, "config");
      assertExcludes(JSON.stringify(report), "hunter22");
    },
  },
  {
    name: "a missing CA bundle fails with the exit code of trust and names variable and path",
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
    name: "an expired root and a skipped section cause warnings with their lines",
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
    name: "a root that expires within a month causes a warning",
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
    name: "a proxy address that applies and cannot be used fails the route",
    check: async (diagnose) => {
      const report = await offline(diagnose, { HTTPS_PROXY: "ftp://proxy:21" });
      const found = finding(report, "route");
      assertEquals([found.code, report.exit_code], ["proxy_invalid", 2]);
      assertIncludes(found.remediation ?? "", "http://host:port");
    },
  },
  {
    name: "the route shows the entry of NO_PROXY that matched",
    check: async (diagnose) => {
      const report = await offline(diagnose, { HTTPS_PROXY: "http://proxy:3128", NO_PROXY: ".openai.com" });
      assertIncludes(finding(report, "route").summary, 'NO_PROXY entry ".openai.com"');
    },
  },
  {
    name: "with --network-only the report contains only the checks that open connections",
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
  {
    name: "a base URL from OPENAI_BASE_URL is reported with that source",
    check: async (diagnose) => {
      const report = await offline(diagnose, { OPENAI_BASE_URL: "https://gateway.test/v1" });
      const found = finding(report, "config");
      assertEquals([found.status, report.target], ["ok", "https://gateway.test/v1"]);
      assertIncludes(found.summary, "transport auto, base URL from OPENAI_BASE_URL");
    },
  },
  {
    name: "a misspelled variable of OpenTelemetry is reported with the correct name",
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
];

/** Findings of the doctor about the replies of a server. The rows run in the process and as the program. */
import { httpServer, rawServer } from "../../net/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { type CheckRow, type Diagnose, finding, PLANTED_KEY } from "../kit.ts";
import { ward } from "../network_kit.ts";

/** Examines a server without TLS that sends the same answer to every request. */
async function answering(diagnose: Diagnose, reply: () => Response) {
  await using server = httpServer(reply);
  return await diagnose({ url: `http://127.0.0.1:${server.port}/v1`, env: { CULVERT_API_KEY: PLANTED_KEY } });
}

function page(title: string, init: ResponseInit = {}): Response {
  const html = `<!doctype html><html><head><title>${title}</title></head><body>Hello</body></html>`;
  return new Response(html, { ...init, headers: { "content-type": "text/html", ...init.headers } });
}

/** Each row examines a server once or more and checks the findings. */
export const ANSWER_ROWS: readonly CheckRow[] = [
  {
    name:
      "a web page instead of the API is reported with its title, and the remedy is a login to the network",
    check: async (diagnose) => {
      const report = await answering(diagnose, () => page("Welcome to Airport WiFi"));
      const found = finding(report, "http");
      assertEquals([found.code, report.exit_code], ["blocked", 5]);
      assertIncludes(found.summary, '"Welcome to Airport WiFi"');
      assertIncludes(found.remediation ?? "", "login page in a browser");
      assertEquals(finding(report, "models").status, "skipped");
    },
  },
  {
    name: "a redirect to a login page of another host is reported as such",
    check: async (diagnose) => {
      await using portal = httpServer(() => page("Log in"));
      const report = await answering(
        diagnose,
        () =>
          new Response(null, {
            status: 302,
            headers: { location: `http://localhost:${portal.port}/login?user=x` },
          }),
      );
      const found = finding(report, "http");
      assertEquals(found.code, "blocked");
      assertIncludes(found.summary, `redirects to a web page of localhost:${portal.port}`);
      assertExcludes(JSON.stringify(report), "user=x");
    },
  },
  {
    name: "a redirect to an unreachable host is reported as such",
    check: async (diagnose) => {
      const name = `${"b".repeat(64)}.test`;
      const report = await answering(
        diagnose,
        () => new Response(null, { status: 302, headers: { location: `http://${name}/login` } }),
      );
      assertEquals(finding(report, "http").code, "blocked");
      assertIncludes(finding(report, "http").summary, name);
    },
  },
  {
    name: "status 511 says that the network requires a login",
    check: async (diagnose) => {
      const report = await answering(diagnose, () => new Response("", { status: 511 }));
      assertEquals(finding(report, "http").code, "blocked");
    },
  },
  {
    name: "a browser check of Cloudflare is reported as such, and not as a login page",
    check: async (diagnose) => {
      const report = await answering(
        diagnose,
        () => page("Sorry", { status: 403, headers: { "cf-ray": "8f-FRA", "cf-mitigated": "challenge" } }),
      );
      assertIncludes(finding(report, "http").remediation ?? "", "Cloudflare demands a browser check");
      assertEquals(finding(report, "http").details["cf_ray"], "8f-FRA");
    },
  },
  {
    name: "status 500 fails as a server failure, status 429 as a rate limit",
    check: async (diagnose) => {
      assertEquals((await answering(diagnose, () => new Response("", { status: 500 }))).exit_code, 7);
      const limited = await answering(
        diagnose,
        () => new Response("", { status: 429, headers: { "retry-after": "7" } }),
      );
      assertEquals([finding(limited, "http").code, limited.exit_code], ["rate_limited", 6]);
    },
  },
  {
    name: "a server that accepts the request and stays silent is reported within 5 s",
    isSlow: true,
    check: async (diagnose) => {
      await using server = await rawServer(() => {});
      const report = await diagnose({ url: `http://127.0.0.1:${server.port}/v1` });
      assertEquals([finding(report, "http").code, report.exit_code], ["header_timeout", 5]);
      assert(report.duration_ms < 5_000, `${report.duration_ms} ms`);
    },
  },
  {
    name: "a clock that is an hour behind is a warning that names the server",
    isInProcess: true,
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const found = finding(await at.diagnose({ world: { now: () => Date.now() - 3_600_000 } }), "clock");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, `The clock is 60 minutes behind the clock of localhost:${at.api.port}`);
      assertIncludes(found.remediation ?? "", "NTP");
    },
  },
  {
    name: "the clock is not compared if no server sends its time",
    isInProcess: true,
    check: async (diagnose) => {
      const report = await diagnose({ url: "http://127.0.0.1:1/v1", budgetMs: 2_000 });
      assertIncludes(finding(report, "clock").summary, "no server reported its time");
    },
  },
  {
    name: "a refused key fails with the exit code of authentication and names its source",
    check: async (diagnose) => {
      await using at = await ward({ accepts: () => false }, diagnose);
      const report = await at.diagnose();
      const found = finding(report, "models");
      assertEquals([found.code, report.exit_code], ["auth_rejected", 4]);
      assertEquals(found.details["source"], "CULVERT_API_KEY");
      assertEquals(report.next, "culvert auth status");
      assertExcludes(JSON.stringify(report), PLANTED_KEY);
    },
  },
  {
    name: "a key that the server repeats in its refusal is not in the report",
    check: async (diagnose) => {
      const message = `Incorrect API key provided: ${PLANTED_KEY}.`;
      const report = await answering(diagnose, () => Response.json({ error: { message } }, { status: 401 }));
      assertEquals(finding(report, "models").code, "auth_rejected");
      assertExcludes(JSON.stringify(report), PLANTED_KEY);
    },
  },
  {
    name: "a server that requires a credential fails without one and names the variables",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const report = await at.diagnose({ env: { CULVERT_API_KEY: "" } });
      const found = finding(report, "models");
      assertEquals([found.code, report.exit_code], ["auth_missing", 4]);
      assertIncludes(found.remediation ?? "", "OPENAI_API_KEY");
    },
  },
  {
    name: "without the required credential the server is still examined",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const given = {
        env: { CULVERT_API_KEY: "" },
        flags: { provider: "openai", baseUrl: at.api.baseUrl },
      };
      const full = await at.diagnose(given);
      assertEquals([finding(full, "credentials").code, full.exit_code], ["auth_missing", 4]);
      assertEquals([finding(full, "http").status, finding(full, "models").status], ["ok", "skipped"]);
      const network = await at.diagnose({ ...given, mode: "network-only" });
      assertEquals([finding(network, "http").status, finding(network, "models").code], [
        "ok",
        "auth_missing",
      ]);
    },
  },
  {
    name:
      "a credential command that hangs is named with its own time limit, and the server is still examined",
    isSlow: true,
    ...(Deno.build.os === "windows" ? { skipped: "Windows has no sleep command" } : {}),
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      at.files.write(
        "config.toml",
        `[model_providers.gate]\nname = "gate"\nbase_url = "${at.api.baseUrl}"\n` +
          `[model_providers.gate.auth]\ncommand = "sleep"\nargs = ["30"]\ntimeout_ms = 1000\n`,
      );
      const report = await at.diagnose({
        env: { CODEX_HOME: at.files.path },
        flags: { provider: "gate", baseUrl: at.api.baseUrl },
      });
      assertEquals(finding(report, "http").status, "ok");
      const found = finding(report, "models");
      assertEquals([found.code, report.exit_code], ["auth_missing", 4]);
      assertIncludes(found.summary, 'the command "sleep" of the provider: it did not finish within 1000 ms');
      assert(report.duration_ms < 5_000);
    },
  },
  {
    name: "status 403 fails as a missing permission",
    check: async (diagnose) => {
      const report = await answering(
        diagnose,
        () => Response.json({ error: { message: "Not here" } }, { status: 403 }),
      );
      assertEquals([finding(report, "models").code, report.exit_code], ["auth_forbidden", 4]);
    },
  },
  {
    name:
      "a model that is not listed is a warning, because gateways seldom list aliases, and similar names are suggested",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const report = await at.diagnose({ flags: { model: "gpt-5.2-turbo" } });
      const found = finding(report, "models");
      assertEquals([found.status, found.code, report.exit_code], ["warn", null, 0]);
      assertIncludes(found.remediation ?? "", "such as gpt-5.2,");
      assertIncludes(report.next, "culvert respond --base-url http");
      assertIncludes(report.next, "-m gpt-5.2");
    },
  },
  ...([
    ["of the platform", { data: [{ id: "mock-1" }] }],
    ["of the codex backend", { models: [{ slug: "mock-1" }] }],
  ] as const).map(([name, body]): CheckRow => ({
    name: `the list of models ${name} is read`,
    check: async (diagnose) => {
      await using server = httpServer(() => Response.json(body));
      const url = `http://127.0.0.1:${server.port}/v1`;
      const found = finding(await diagnose({ url, flags: { model: "mock-1" } }), "models");
      assertEquals([found.status, found.details["listed"]], ["ok", 1]);
    },
  })),
  {
    name: "a server without a list of models causes a warning, because turns may work",
    check: async (diagnose) => {
      await using server = httpServer((request) =>
        request.method === "POST"
          ? Response.json({ error: { message: "model is required" } }, { status: 400 })
          : Response.json({ error: { message: "Nothing" } }, { status: 404 })
      );
      const url = `http://127.0.0.1:${server.port}/v1`;
      const report = await diagnose({ url, env: { CULVERT_API_KEY: PLANTED_KEY } });
      assertEquals([finding(report, "models").status, report.exit_code], ["warn", 0]);
      assertEquals(finding(report, "responses").status, "ok");
    },
  },
  {
    name: "a wrong path of the base URL is reported with the base URL at which an API answers",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const url = `${at.api.origin}/v2`;
      const report = await at.diagnose({ url });
      const found = finding(report, "responses");
      assertEquals([found.code, report.exit_code], ["not_found", 8]);
      assertIncludes(found.summary, `There is no API at this base URL: POST ${url}/responses (status 404)`);
      assertIncludes(found.remediation ?? "", `use the base URL ${at.api.baseUrl}`);
      assertIncludes(report.next, `culvert respond --base-url ${at.api.baseUrl}`);
    },
  },
  {
    name: "a server with a list of models and without the Responses API is reported as Chat Completions only",
    check: async (diagnose) => {
      await using server = httpServer((request) =>
        request.url.endsWith("/models")
          ? Response.json({ data: [{ id: "mock-1" }] })
          : Response.json({ error: { message: "Not Found" } }, { status: 404 })
      );
      const url = `http://127.0.0.1:${server.port}/v1`;
      const report = await diagnose({ url, flags: { model: "mock-1" } });
      const found = finding(report, "responses");
      assertEquals([found.code, report.exit_code], ["not_found", 8]);
      assertIncludes(found.summary, "lists models but has no Responses API");
      assertIncludes(found.remediation ?? "", "only the Chat Completions API");
    },
  },
  {
    name: "a credential that is accepted for the list of models and refused for turns fails",
    check: async (diagnose) => {
      await using server = httpServer((request) =>
        request.method === "GET" && request.url.endsWith("/models")
          ? Response.json({ data: [{ id: "mock-1" }] })
          : Response.json({ error: { message: "Bad key" } }, { status: 401 })
      );
      const url = `http://127.0.0.1:${server.port}/v1`;
      const report = await diagnose({
        url,
        env: { CULVERT_API_KEY: PLANTED_KEY },
        flags: { model: "mock-1" },
      });
      const found = finding(report, "responses");
      assertEquals([found.code, report.exit_code], ["auth_rejected", 4]);
      assertEquals(found.details["source"], "CULVERT_API_KEY");
    },
  },
  {
    name: "a filter that passes the list of models and blocks turns is reported with its page",
    check: async (diagnose) => {
      await using server = httpServer((request) =>
        request.method === "POST"
          ? page("Blocked by policy", { status: 403, headers: { via: "1.1 filter.corp.example" } })
          : Response.json({ data: [{ id: "mock-1" }] })
      );
      const url = `http://127.0.0.1:${server.port}/v1`;
      const report = await diagnose({
        url,
        env: { CULVERT_API_KEY: PLANTED_KEY },
        flags: { model: "mock-1" },
      });
      const found = finding(report, "responses");
      assertEquals([found.code, report.exit_code], ["blocked", 5]);
      assertIncludes(
        found.summary,
        'a web page "Blocked by policy" (via: 1.1 filter.corp.example) came instead of an API reply',
      );
      assertIncludes(found.remediation ?? "", "Ask your network team");
    },
  },
  ...[403, 502, 503].map((status): CheckRow => ({
    name: `a web page with status ${status} is a block page, whatever its status`,
    check: async (diagnose) => {
      const report = await answering(
        diagnose,
        () => page("Access denied", { status, headers: { server: "squid/5.7" } }),
      );
      const found = finding(report, "http");
      assertEquals([found.code, report.exit_code], ["blocked", 5]);
      assertIncludes(
        found.summary,
        `was answered ${status}: a web page "Access denied" (server: squid/5.7) came instead of an API reply`,
      );
    },
  })),
  {
    name: "a login that is due for renewal is not renewed, and the checks that need it are skipped",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
      const token = `${part({ alg: "none" })}.${part({ exp: Math.floor(Date.now() / 1_000) + 30 })}.c2ln`;
      const tokens = { id_token: token, access_token: token, refresh_token: "rt-planted-refresh-token" };
      const path = at.files.write("auth.json", JSON.stringify({ auth_mode: "chatgpt", tokens }));
      const before = await Deno.readTextFile(path);
      const report = await at.diagnose({
        env: { CODEX_HOME: at.files.path, CULVERT_API_KEY: "" },
        flags: { provider: "openai" },
      });
      assertIncludes(finding(report, "models").summary, "the doctor renews no login");
      assertIncludes(report.next, "culvert auth refresh");
      assertEquals(await Deno.readTextFile(path), before);
      assertExcludes(JSON.stringify(report), "rt-planted");
    },
  },
];

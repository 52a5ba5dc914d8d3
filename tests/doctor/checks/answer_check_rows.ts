/** What the doctor makes of the answers of a server, whoever asks it: the library or the program. */
import { startNetwork } from "../../../lib/mock/network.ts";
import { startMockApi } from "../../../lib/mock/api/api.ts";
import { httpServer, rawServer } from "../../net/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { type CheckRow, type Diagnose, finding, PLANTED_KEY } from "../kit.ts";
import { ward } from "../network_kit.ts";

/** Examines a server in the clear that answers everything alike. */
async function answering(diagnose: Diagnose, reply: () => Response) {
  await using server = httpServer(reply);
  return await diagnose({ url: `http://127.0.0.1:${server.port}/v1`, env: { CULVERT_API_KEY: PLANTED_KEY } });
}

function page(title: string, init: ResponseInit = {}): Response {
  const html = `<!doctype html><html><head><title>${title}</title></head><body>Hello</body></html>`;
  return new Response(html, { ...init, headers: { "content-type": "text/html", ...init.headers } });
}

/** An API that says nothing of a stream with known gaps, as the real one. */
function silentAboutGaps(port: number) {
  return httpServer(async (request) => {
    const url = new URL(request.url);
    const body = request.method === "POST" ? await request.arrayBuffer() : undefined;
    const reply = await fetch(`http://localhost:${port}${url.pathname}${url.search}`, {
      method: request.method,
      headers: request.headers,
      ...(body === undefined ? {} : { body }),
    });
    const headers = new Headers(reply.headers);
    headers.delete("culvert-pulse");
    return new Response(reply.body, { status: reply.status, headers });
  });
}

/** One examination or several, and what must come of them. */
export const ANSWER_ROWS: readonly CheckRow[] = [
  {
    name: "a web page in place of the API is a captive portal, with its title",
    check: async (diagnose) => {
      const report = await answering(diagnose, () => page("Welcome to Airport WiFi"));
      const found = finding(report, "http");
      assertEquals([found.code, report.exit_code], ["blocked", 5]);
      assertIncludes(found.summary, '"Welcome to Airport WiFi"');
      assertIncludes(found.remediation ?? "", "log in to the network");
      assertEquals(finding(report, "models").status, "skipped");
    },
  },
  {
    name: "a redirect to a log-in page of another host is a captive portal",
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
    name: "a redirect to a host that does not exist here is one too",
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
    name: "status 511 says that the network wants a login",
    check: async (diagnose) => {
      const report = await answering(diagnose, () => new Response("", { status: 511 }));
      assertEquals(finding(report, "http").code, "blocked");
    },
  },
  {
    name: "a block page of an edge network is told apart from a captive portal",
    check: async (diagnose) => {
      const report = await answering(
        diagnose,
        () => page("Sorry", { status: 403, headers: { "cf-ray": "8f-FRA" } }),
      );
      assertIncludes(finding(report, "http").remediation ?? "", "edge network");
      assertEquals(finding(report, "http").details["cf_ray"], "8f-FRA");
    },
  },
  {
    name: "a server in trouble fails with the server's class, a limit with its own",
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
    name: "a server that takes the request and keeps silent is given up in time",
    isSlow: true,
    check: async (diagnose) => {
      await using server = await rawServer(() => {});
      const report = await diagnose({ url: `http://127.0.0.1:${server.port}/v1` });
      assertEquals([finding(report, "http").code, report.exit_code], ["header_timeout", 5]);
      assert(report.duration_ms < 5_000, `${report.duration_ms} ms`);
    },
  },
  {
    name: "a clock that is an hour behind is a warning that names the other clock",
    isInProcess: true,
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const found = finding(await at.diagnose({ world: { now: () => Date.now() - 3_600_000 } }), "clock");
      assertEquals(found.status, "warn");
      assertIncludes(found.summary, `It is 60 minutes behind the clock of localhost:${at.api.port}`);
      assertIncludes(found.remediation ?? "", "NTP");
    },
  },
  {
    name: "nobody who tells the time leaves the clock unasked",
    isInProcess: true,
    check: async (diagnose) => {
      const report = await diagnose({ url: "http://127.0.0.1:1/v1", budgetMs: 2_000 });
      assertIncludes(finding(report, "clock").summary, "Nobody who was reached");
    },
  },
  {
    name: "a refused key fails with the class of authentication and its source",
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
    name: "a server that repeats the key it refuses does not get it into the report",
    check: async (diagnose) => {
      const message = `Incorrect API key provided: ${PLANTED_KEY}.`;
      const report = await answering(diagnose, () => Response.json({ error: { message } }, { status: 401 }));
      assertEquals(finding(report, "models").code, "auth_rejected");
      assertExcludes(JSON.stringify(report), PLANTED_KEY);
    },
  },
  {
    name: "a server that asks for a credential where none was given fails with every way to give one",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const report = await at.diagnose({ env: { CULVERT_API_KEY: "" } });
      const found = finding(report, "models");
      assertEquals([found.code, report.exit_code], ["auth_missing", 4]);
      assertIncludes(found.remediation ?? "", "OPENAI_API_KEY");
    },
  },
  {
    name: "without the credential that is required the server still shows that it is there",
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
    name: "a credential command that hangs is told as that, while the server still shows that it is there",
    isSlow: true,
    ...(Deno.build.os === "windows" ? { skipped: "Windows has no sleep command" } : {}),
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      at.files.write(
        "config.toml",
        `[model_providers.gate]\nname = "gate"\nbase_url = "${at.api.baseUrl}"\n` +
          `[model_providers.gate.auth]\ncommand = "sleep"\nargs = ["30"]\n`,
      );
      const report = await at.diagnose({
        env: { CODEX_HOME: at.files.path },
        flags: { provider: "gate", baseUrl: at.api.baseUrl },
      });
      assertEquals(finding(report, "http").status, "ok");
      const found = finding(report, "models");
      assertEquals([found.code, report.exit_code], ["auth_missing", 4]);
      assertIncludes(found.summary, "No header came from sleep in time");
      assert(report.duration_ms < 5_000);
    },
  },
  {
    name: "a permission that is lacking fails as such",
    check: async (diagnose) => {
      const report = await answering(
        diagnose,
        () => Response.json({ error: { message: "Not here" } }, { status: 403 }),
      );
      assertEquals([finding(report, "models").code, report.exit_code], ["auth_forbidden", 4]);
    },
  },
  {
    name: "a model that is not listed fails and the nearest names are suggested",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const report = await at.diagnose({ flags: { model: "gpt-5.2-turbo" } });
      const found = finding(report, "models");
      assertEquals([found.code, report.exit_code], ["not_found", 8]);
      assertIncludes(found.remediation ?? "", "such as gpt-5.2,");
    },
  },
  ...([
    ["of the platform", { data: [{ id: "mock-1" }] }],
    ["of the codex backend", { models: [{ slug: "mock-1" }] }],
  ] as const).map(([name, body]): CheckRow => ({
    name: `the list ${name} is understood`,
    check: async (diagnose) => {
      await using server = httpServer(() => Response.json(body));
      const url = `http://127.0.0.1:${server.port}/v1`;
      const found = finding(await diagnose({ url, flags: { model: "mock-1" } }), "models");
      assertEquals([found.status, found.details["listed"]], ["ok", 1]);
    },
  })),
  {
    name: "a server without a list of models is a warning, for turns may work",
    check: async (diagnose) => {
      const report = await answering(
        diagnose,
        () => Response.json({ error: { message: "Nothing" } }, { status: 404 }),
      );
      assertEquals([finding(report, "models").status, report.exit_code], ["warn", 0]);
      assertIncludes(finding(report, "models").remediation ?? "", "base URL");
    },
  },
  {
    name: "a login that is due for renewal is left alone, and the models are not asked for",
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
      assertIncludes(finding(report, "models").summary, "which a doctor leaves alone");
      assertEquals(report.next, "culvert auth refresh");
      assertEquals(await Deno.readTextFile(path), before);
      assertExcludes(JSON.stringify(report), "rt-planted");
    },
  },
  {
    name: "a stream that comes as it is sent is told so",
    check: async (diagnose) => {
      await using at = await ward({}, diagnose);
      const found = finding(await at.diagnose(), "sse");
      assertEquals(found.status, "ok");
      assertIncludes(found.summary, "Not held back");
    },
  },
  {
    name: "a stream that a middlebox holds back is a warning with its remedy",
    check: async (diagnose) => {
      const network = await startNetwork({ proxy: { bufferEventStreams: true } });
      try {
        const found = finding(await diagnose({ url: network.baseUrl, env: network.env }), "sse");
        assertEquals([found.status, found.details["bursts"]], ["warn", 1]);
        assertIncludes(found.summary, "Held back");
        assertIncludes(found.remediation ?? "", "unbuffered");
      } finally {
        await network.close();
      }
    },
  },
  {
    name: "a stream that is cut short fails",
    check: async (diagnose) => {
      const beat = (index: number) => `data: {"type":"culvert.pulse","sent_at_ms":${index * 100}}\n\n`;
      await using server = httpServer((request) =>
        request.url.includes("pulse")
          ? new Response(beat(0) + beat(1), { headers: { "content-type": "text/event-stream" } })
          : Response.json({ data: [] }, { headers: { "culvert-pulse": "culvert/pulse" } })
      );
      const report = await diagnose({ url: `http://127.0.0.1:${server.port}/v1` });
      assertEquals([finding(report, "sse").code, report.exit_code], ["stream_closed", 5]);
      assertIncludes(finding(report, "sse").summary, "2 of 6");
    },
  },
  {
    name: "a stream of which nothing comes is given up in time",
    isSlow: true,
    check: async (diagnose) => {
      const silent = () => new ReadableStream({ start: () => {} });
      await using server = httpServer((request) =>
        request.url.includes("pulse")
          ? new Response(silent(), { headers: { "content-type": "text/event-stream" } })
          : Response.json({ data: [] }, { headers: { "culvert-pulse": "culvert/pulse" } })
      );
      const report = await diagnose({ url: `http://127.0.0.1:${server.port}/v1` });
      assertEquals(finding(report, "sse").status, "fail");
      assert(report.duration_ms < 5_000, `${report.duration_ms} ms`);
    },
  },
  {
    name: "without --spend no answer is asked for, and the check says why",
    check: async (diagnose) => {
      const api = await startMockApi({ plain: true });
      try {
        await using front = silentAboutGaps(api.port);
        const url = `http://127.0.0.1:${front.port}/v1`;
        const report = await diagnose({ url, env: { CULVERT_API_KEY: PLANTED_KEY } });
        assertEquals(finding(report, "sse").status, "skipped");
        assertIncludes(finding(report, "sse").summary, "--spend");
        assertEquals(api.log.all.filter(({ method }) => method === "POST").length, 0);
      } finally {
        await api.close();
      }
    },
  },
  {
    name: "with --spend one short answer is asked for and its rhythm judged",
    check: async (diagnose) => {
      const api = await startMockApi({ plain: true, scenario: { gapMs: 60 } });
      try {
        await using front = silentAboutGaps(api.port);
        const url = `http://127.0.0.1:${front.port}/v1`;
        const given = { url, env: { CULVERT_API_KEY: PLANTED_KEY }, spend: true };
        assertIncludes(finding(await diagnose(given), "sse").summary, "An answer streams");
        assertEquals(api.log.all.filter(({ method }) => method === "POST").length, 1);
        api.enqueue({ gapMs: 0 });
        assertEquals(finding(await diagnose(given), "sse").status, "warn");
        api.enqueue({
          refusal: { status: 429, body: { error: { type: "insufficient_quota", message: "Spent" } } },
        });
        const refused = await diagnose(given);
        assertEquals([finding(refused, "sse").code, refused.exit_code], ["quota", 6]);
        assertEquals(api.log.all.filter(({ method }) => method === "POST").length, 3);
      } finally {
        await api.close();
      }
    },
  },
];

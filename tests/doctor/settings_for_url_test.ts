/** The doctor examines a URL with the provider, credential and headers of a turn to that URL. */
import { httpServer } from "../net/kit.ts";
import { assertEquals, assertIncludes } from "../support/assert.ts";
import { diagnose, finding, folder, PLANTED_KEY } from "./kit.ts";

/** A gateway that requires a header of the provider and a separate key, and records its requests. */
function gateway() {
  const seen: string[] = [];
  const server = httpServer((request) => {
    const { headers, method, url } = request;
    const sent = `${headers.get("x-team")} ${headers.get("authorization")}`;
    seen.push(`${method} ${new URL(url).pathname} ${sent}`);
    if (sent !== "blue Bearer key-of-gate") {
      return Response.json({ error: { message: "No" } }, { status: 401 });
    }
    return method === "POST"
      ? Response.json({ error: { message: "model is required" } }, { status: 400 })
      : Response.json({ data: [{ id: "mock-1" }] });
  });
  return { ...server, seen };
}

function gateConfig(port: number): string {
  return [
    "[model_providers.gate]",
    'name = "Gate"',
    `base_url = "http://127.0.0.1:${port}/v1"`,
    'env_key = "GATE_KEY"',
    'http_headers = { "X-Team" = "blue" }',
  ].join("\n");
}

for (const path of ["", "/", "/v1", "/v1/responses"]) {
  Deno.test(`a provider of config.toml is found by its URL with the path "${path}"`, async () => {
    await using server = gateway();
    using home = folder();
    home.write("config.toml", gateConfig(server.port));
    const report = await diagnose({
      url: `http://127.0.0.1:${server.port}${path}`,
      env: { CODEX_HOME: home.path, GATE_KEY: "key-of-gate", OPENAI_API_KEY: PLANTED_KEY },
      flags: { model: "mock-1" },
    });
    assertEquals([report.exit_code, report.target], [0, `http://127.0.0.1:${server.port}/v1`]);
    assertEquals(finding(report, "config").details["provider"], "gate");
    assertEquals(finding(report, "credentials").details["source"], "GATE_KEY");
    assertIncludes(report.next, "culvert respond --provider gate -m mock-1");
    assertEquals(server.seen.some((line) => line.includes(PLANTED_KEY)), false);
  });
}

Deno.test("another path at the origin of a provider is examined with its credential and headers", async () => {
  await using server = gateway();
  using home = folder();
  home.write("config.toml", gateConfig(server.port));
  const url = `http://127.0.0.1:${server.port}/other`;
  const env = { CODEX_HOME: home.path, GATE_KEY: "key-of-gate" };
  const report = await diagnose({ url, env, flags: { model: "mock-1" } });
  assertEquals([report.target, finding(report, "config").details["provider"]], [url, "gate"]);
  assertIncludes(report.next, `culvert respond --base-url ${url} --provider gate`);
});

Deno.test("a URL at no configured origin is examined as a turn with --base-url", async () => {
  await using server = gateway();
  using home = folder();
  home.write("config.toml", gateConfig(1));
  const url = `http://127.0.0.1:${server.port}/v1`;
  const report = await diagnose({ url, env: { CODEX_HOME: home.path, OPENAI_API_KEY: PLANTED_KEY } });
  assertEquals(finding(report, "config").details["provider"], "custom");
  assertEquals(finding(report, "models").code, "auth_rejected");
  assertIncludes(report.next, "culvert auth status");
});

Deno.test("a truncated stored login is reported for the URL of the provider that uses it", async () => {
  await using server = gateway();
  using home = folder();
  home.write("config.toml", `openai_base_url = "http://127.0.0.1:${server.port}/v1"\n`);
  home.write("auth.json", '{"auth_mode": "chatgpt", "tok');
  const url = `http://127.0.0.1:${server.port}/v1`;
  const report = await diagnose({ url, env: { CODEX_HOME: home.path } });
  assertEquals([finding(report, "credentials").code, report.exit_code], ["auth_storage", 4]);
});

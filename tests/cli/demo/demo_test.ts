import { createAuthority } from "../../../lib/pki/pki.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const underTest = Deno.env.get("CULVERT_UNDER_TEST") ?? "";

Deno.test("the demo prints only the answer on stdout, without any key", async () => {
  const run = await culvert(["demo"]);
  assertEquals(run.code, 0, run.stderr);
  assertMatch(run.stdout, /^A culvert is a channel .* cut connections\.\n$/);
});

Deno.test("the demo reports on stderr each fault and the reaction to it", async () => {
  const { stderr } = await culvert(["demo"]);
  assertIncludes(stderr, "only the proxy at http://127.0.0.1:");
  // A binary that was made with an older runtime (Deno 2.4.2) tunnels, does not intercept, and says so.
  const tunnels = underTest !== "" && stderr.includes("this build's runtime is too old");
  if (!tunnels) {
    assertIncludes(stderr, 'intercepts TLS: the certificate of the API was issued by "Culvert Mock API CA"');
    assertMatch(stderr, /retry 1\/\d+ .*(cut|closed the websocket)/);
    assertMatch(stderr, /\d tunnels? intercepted/);
  }
  assertIncludes(stderr, '"Example Corp TLS Inspection"');
  assertMatch(
    stderr,
    /line \d+: TRUSTED CERTIFICATE, used as root 2, the trust settings of OpenSSL after it removed/,
  );
  assertMatch(stderr, /line \d+: X509 CRL, skipped/);
  assertMatch(stderr, /401: .*recovery succeeded/);
  assertMatch(stderr, /retry 1\/\d+ /);
  assertMatch(stderr, /warning: \(simulated\) .*answered by gpt-5\.2/);
});

Deno.test("the demo does not depend on the variables of this machine, and leaves no file", async () => {
  const temporary = await Deno.makeTempDir({ prefix: "culvert-demo-test-" });
  try {
    const run = await culvert(["demo"], {
      env: {
        TMPDIR: temporary,
        TEMP: temporary,
        SSL_CERT_FILE: "/nowhere/at/all.pem",
        CODEX_CA_CERTIFICATE: "/nowhere/either.pem",
        HTTPS_PROXY: "http://127.0.0.1:1",
        NO_PROXY: "*",
        OPENAI_API_KEY: "sk-planted-in-the-environment",
        CODEX_HOME: "/nowhere/home",
      },
    });
    assertEquals(run.code, 0, run.stderr);
    assertExcludes(run.stdout + run.stderr, "nowhere");
    assertExcludes(run.stdout + run.stderr, "sk-planted");
    assertEquals([...Deno.readDirSync(temporary)], []);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
});

Deno.test("the demo as JSON ends with a result that names both models", async () => {
  const run = await culvert(["demo", "--json"]);
  assertEquals(run.code, 0, run.stderr);
  const lines = jsonLines(run.stdout);
  const result = lines.at(-1);
  assertEquals(result?.["type"], "culvert.result");
  assertEquals(result?.["status"], "completed");
  assertEquals(result?.["model_served"], "gpt-5.2");
  for (const type of ["culvert.auth", "culvert.retry", "culvert.reroute"]) {
    assert(lines.some((line) => line["type"] === type), `no ${type} among the events`);
  }
});

Deno.test("the demo with -qq writes nothing to stderr", async () => {
  const run = await culvert(["demo", "-qq"]);
  assertEquals({ code: run.code, stderr: run.stderr }, { code: 0, stderr: "" });
});

Deno.test("respond streams an answer of the provider demo, through the same network without faults", async () => {
  const run = await culvert(["respond", "--provider", "demo", "Why is the sky blue?"]);
  assertEquals({ code: run.code, stderr: run.stderr }, { code: 0, stderr: "" });
  assertIncludes(run.stdout, "A culvert carries a stream");
});

Deno.test("respond --provider demo with a bundle of another company fails on the interceptor's certificate", async () => {
  const stranger = await createAuthority("Another Company Root");
  const path = await Deno.makeTempFile({ suffix: ".pem" });
  try {
    await Deno.writeTextFile(path, stranger.certificate);
    const run = await culvert(["respond", "--provider", "demo", "--ca-cert", path, "hi"]);
    assertEquals(run.code, 3, run.stderr);
    assertEquals(run.stdout, "");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("the provider demo refuses a model that the real API would not have", async () => {
  for (const transport of ["sse", "ws"]) {
    const args = ["respond", "--provider", "demo", "--transport", transport];
    const run = await culvert([...args, "--model", "nosuch", "--json", "hi"]);
    const error = jsonLines(run.stdout).at(-1)?.["error"];
    assertIncludes(JSON.stringify(error), "nosuch");
    assert(run.code !== 0, run.stderr);
    const known = await culvert([...args, "--model", "gpt-5.2", "hi"]);
    assertEquals(known.code, 0, known.stderr);
  }
});

Deno.test("the provider demo accepts the configured model of another provider, and warns that no model answers", async () => {
  const home = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(home, "config.toml"), 'model = "mistral-large"\n');
    for (const transport of ["sse", "ws"]) {
      const args = ["respond", "--provider", "demo", "--transport", transport];
      const run = await culvert([...args, "hi"], { env: { CODEX_HOME: home } });
      assertEquals(run.code, 0, run.stderr);
      assertIncludes(
        run.stderr,
        `The provider demo simulates "mistral-large" (${join(home, "config.toml")})`,
      );
      const typed = await culvert([...args, "-m", "mistral-large", "hi"], { env: { CODEX_HOME: home } });
      assert(typed.code !== 0, typed.stderr);
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

/** `culvert run`: the environment of a program, and nothing else. */
import { startNetwork } from "../../../lib/mock/network.ts";
import { assert, assertEquals, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { startedCulvert } from "../../support/started_culvert.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { testWith } from "../../support/programs.ts";

/** Parses what `env` prints. */
function variables(stdout: string): Record<string, string> {
  return Object.fromEntries(
    stdout.split("\n").filter((line) => line.includes("=")).map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

Deno.test("the variable of every ecosystem names one bundle with the company's roots and the public ones", async () => {
  await using network = await startNetwork();
  const script =
    'env; grep -c "BEGIN CERTIFICATE" "$SSL_CERT_FILE" | sed "s/^/COUNT=/"; cat "$SSL_CERT_FILE" | grep "Example Corp" | sed "s/^/FOUND=/"';
  const run = await culvert(["run", "--", "sh", "-c", script], { env: { ...network.env } });
  assertEquals(run.code, 0, run.stderr);
  const env = variables(run.stdout);
  const bundle = env["SSL_CERT_FILE"];
  for (
    const name of [
      "CODEX_CA_CERTIFICATE",
      "REQUESTS_CA_BUNDLE",
      "CURL_CA_BUNDLE",
      "NODE_EXTRA_CA_CERTS",
      "GIT_SSL_CAINFO",
      "CARGO_HTTP_CAINFO",
      "PIP_CERT",
      "BUNDLE_SSL_CA_CERT",
      "npm_config_cafile",
      "NPM_CONFIG_CAFILE",
      "DENO_CERT",
    ]
  ) {
    assertEquals(env[name], bundle, name);
  }
  assert(Number(env["COUNT"]) > 100, env["COUNT"] ?? "");
  assertIncludes(env["FOUND"] ?? "", "Example Corp");
  assertEquals(await Deno.stat(bundle ?? "").catch(() => "gone"), "gone");
});

Deno.test("a proxy variable that is set in one letter case is set in both", async () => {
  const run = await culvert(["run", "--", "env"], {
    env: { https_proxy: "http://127.0.0.1:3128", NO_PROXY: "a.test" },
  });
  const env = variables(run.stdout);
  assertEquals([env["HTTPS_PROXY"], env["https_proxy"]], ["http://127.0.0.1:3128", "http://127.0.0.1:3128"]);
  assertEquals([env["NO_PROXY"], env["no_proxy"], env["NODE_USE_ENV_PROXY"]], ["a.test", "a.test", "1"]);
});

Deno.test("--proxy sets the variables of every ecosystem, and --proxy none removes them all", async () => {
  const given = variables((await culvert(["run", "--proxy", "http://127.0.0.1:3128", "--", "env"])).stdout);
  for (
    const name of [
      "HTTP_PROXY",
      "https_proxy",
      "ALL_PROXY",
      "npm_config_https_proxy",
      "CARGO_HTTP_PROXY",
      "PIP_PROXY",
    ]
  ) {
    assertEquals(given[name], "http://127.0.0.1:3128", name);
  }
  assertEquals(given["NO_PROXY"], "localhost,127.0.0.1,::1");
  const none = variables(
    (await culvert(["run", "--proxy", "none", "--", "env"], { env: { HTTPS_PROXY: "http://127.0.0.1:9" } }))
      .stdout,
  );
  assertEquals([none["HTTPS_PROXY"], none["https_proxy"]], ["", ""]);
});

await testWith(
  ["curl"],
  "curl reaches the API through the company's proxy with only run",
  async () => {
    await using network = await startNetwork();
    const script = `curl -sS -H "Authorization: Bearer ${network.apiKey}" ${network.baseUrl}/models`;
    const run = await culvert(["run", "--", "sh", "-c", script], { env: { ...network.env } });
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stdout, '"object":"list"');
  },
);

await testWith(["node"], "Node trusts the company's CA with only run", async () => {
  await using network = await startNetwork();
  const program =
    `require("tls").connect({ host: "127.0.0.1", port: ${network.api.port}, servername: "localhost" })
    .on("error", (error) => { console.log(error.code); process.exit(9); })
    .on("secureConnect", () => { console.log("secure"); process.exit(0); });`;
  const ca = `${network.directory}/api-ca.pem`;
  await Deno.writeTextFile(ca, network.api.authority.certificate);
  const run = await culvert(["run", "--ca-cert", ca, "--", "node", "-e", program], {
    env: { ...network.env },
  });
  assertEquals([run.code, run.stdout], [0, "secure\n"], run.stderr);
  const without = await new Deno.Command("node", { args: ["-e", program] }).output();
  assertEquals(without.code, 9);
});

Deno.test(
  skippedIf(ON_WINDOWS, "signals reach the program, and its end by a signal is reported as by a shell"),
  async () => {
    const script = "trap 'echo caught TERM; exit 5' TERM; echo ready; while :; do sleep 0.1; done";
    await using caught = await startedCulvert(["run", "--", "sh", "-c", script]);
    await caught.seen("stdout", /ready/);
    caught.kill("SIGTERM");
    assertEquals(await caught.end(), 5);
    assertMatch(caught.stdout(), /caught TERM/);
    await using ended = await startedCulvert(["run", "--", "sh", "-c", "echo ready; exec sleep 30"]);
    await ended.seen("stdout", /ready/);
    ended.kill("SIGINT");
    assertEquals(await ended.end(), 130);
  },
);

Deno.test("the program gets the standard input of run", async () => {
  const run = await culvert(["run", "--", "cat"], { stdin: "through\n" });
  assertEquals([run.code, run.stdout], [0, "through\n"]);
});

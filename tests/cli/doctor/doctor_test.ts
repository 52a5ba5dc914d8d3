import { startNetwork } from "../../../lib/mock/network.ts";
import { folder } from "../../doctor/kit.ts";
import { fullPort, ward } from "../../doctor/network_kit.ts";
import { assertFitsSchema, assertReadable } from "../../doctor/report/report_kit.ts";
import { deafPort, rawServer } from "../../net/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun } from "../../support/culvert.ts";
import { startProxy } from "../../support/proxy.ts";
import { onTerminal } from "../../support/terminal.ts";
import { OFF_LINUX, skippedIf } from "../../support/skipped.ts";

const LOOSE = { sanitizeOps: false, sanitizeResources: false };

/** Values that must never be printed. */
const PLANTED = {
  key: "sk-planted-0123456789abcdef",
  otherKey: "planted-opaque-key-77aa",
  proxyPassword: "pl4nted-pr0xy-pw",
  proxyUser: "anna-planted",
  email: "anna.planted@corp.example",
  refresh: "rt-planted-refresh-token",
  header: "planted-header-value-4242",
  query: "planted-query-value-5151",
} as const;

function assertNothingPlanted(run: CulvertRun): void {
  for (const secret of [...Object.values(PLANTED), encodeURIComponent(PLANTED.email), "eyJ"]) {
    assertExcludes(run.stdout, secret);
    assertExcludes(run.stderr, secret);
  }
}

/** Writes a `CODEX_HOME` full of secrets. */
function richHome(files: ReturnType<typeof folder>, baseUrl: string): string {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  const claims = { exp: 4_000_000_000, email: PLANTED.email };
  const token = `${part({ alg: "none" })}.${part(claims)}.c2ln`;
  files.write(
    "auth.json",
    JSON.stringify({
      auth_mode: "chatgpt",
      tokens: { id_token: token, access_token: token, refresh_token: PLANTED.refresh },
    }),
  );
  files.write(
    "config.toml",
    [
      `openai_base_url = "${baseUrl}"`,
      "[model_providers.gate]",
      'name = "gate"',
      `base_url = "${baseUrl}"`,
      `experimental_bearer_token = "${PLANTED.otherKey}"`,
      `http_headers = { "X-Gate" = "${PLANTED.header}" }`,
      `query_params = { "api-version" = "${PLANTED.query}" }`,
    ].join("\n"),
  );
  return files.path;
}

Deno.test("doctor --json prints one object that fits the schema, in every mode", async () => {
  await using at = await ward();
  const env = { CODEX_CA_CERTIFICATE: at.bundle, CULVERT_API_KEY: PLANTED.key };
  for (const mode of [[], ["--offline"], ["--network-only"], ["--spend"]]) {
    const run = await culvert(["doctor", at.api.baseUrl, "-m", "mock-1", "--json", ...mode], { env });
    assertEquals([run.code, run.stderr], [0, ""]);
    assertEquals(run.stdout.trimEnd().split("\n").length, 1);
    assertFitsSchema(JSON.parse(run.stdout));
    assertNothingPlanted(run);
  }
});

Deno.test("the report as text fits 80 columns and has colors only on request", async () => {
  await using at = await ward();
  const env = { CODEX_CA_CERTIFICATE: at.bundle, CULVERT_API_KEY: PLANTED.key };
  const bare = await culvert(["doctor", at.api.baseUrl, "-v"], { env });
  assertReadable(bare.stdout);
  assertIncludes(bare.stdout, "Result: ");
  const colored = await culvert(["doctor", at.api.baseUrl, "--offline", "--color", "always"], { env });
  assertIncludes(colored.stdout, "\x1b[32mok");
  const noColor = await culvert(["doctor", "--offline"], {
    env: { ...env, NO_COLOR: "1", CLICOLOR_FORCE: "1" },
  });
  assertExcludes(noColor.stdout, "\x1b");
});

Deno.test({
  ...skippedIf(OFF_LINUX, "on a terminal the report uses its width and its colors"),
  fn: async () => {
    for (const columns of [60, 120]) {
      const session = onTerminal(["doctor", "--offline", "https://api.test/v1"], {
        CULVERT_API_KEY: PLANTED.key,
      }, columns);
      const { bytes, code } = await session.end();
      assertEquals(code, 0);
      assertIncludes(bytes, "\x1b[32mok");
      assertExcludes(bytes, "\ufffd");
      // deno-lint-ignore no-control-regex -- the colors are removed
      const text = bytes.replaceAll("\r", "").replace(/\x1b\[\d+m/g, "");
      assertReadable(text, columns);
      const widest = Math.max(...text.split("\n").map((line) => line.length));
      assert(widest > columns / 2, `${widest} of ${columns} columns`);
    }
  },
});

Deno.test("key, token, proxy password and e-mail are never printed, with any flags and after any failure", async () => {
  const credentials = { username: PLANTED.proxyUser, password: PLANTED.proxyPassword };
  const network = await startNetwork({ proxy: { credentials } });
  using files = folder();
  using blind = folder();
  try {
    const home = richHome(files, network.baseUrl);
    const env = { ...network.env, CODEX_HOME: home, CULVERT_API_KEY: PLANTED.key };
    const withoutKeys = { HTTPS_PROXY: network.proxyUrl, CODEX_HOME: home };
    const cases: readonly (readonly [string[], Record<string, string>])[] = [
      [[], env],
      [["--offline"], env],
      [["--network-only"], env],
      [["--spend"], env],
      [["--provider", "gate"], env],
      [["--provider", "gate", "--network-only"], { ...env, CODEX_CA_CERTIFICATE: "" }],
      [[], withoutKeys],
      [["--ca-cert", "/nowhere"], env],
      [["--proxy", network.proxyUrl.replace(PLANTED.proxyPassword, `${PLANTED.proxyPassword}-wrong`)], env],
      [["--proxy", `socks9://${PLANTED.proxyUser}:${PLANTED.proxyPassword}@127.0.0.1:1`], env],
      [["--offline"], { ...env, HTTP_PROXY: `"${network.proxyUrl}"`, https_proxy: `${network.proxyUrl}/x` }],
      [[`https://${PLANTED.proxyUser}:${PLANTED.proxyPassword}@api.test/v1`], env],
      [[`${network.baseUrl}?key=${PLANTED.query}`], env],
      [["--offline"], {
        ...env,
        OPENAI_BASE_URL: `https://x:${PLANTED.proxyPassword}@h`,
        OPENAI_KEY: PLANTED.key,
      }],
      [["--api-key-file", blind.write("key", PLANTED.otherKey)], { ...env, CULVERT_API_KEY: "" }],
    ];
    for (const [args, variables] of cases) {
      for (const form of [["--json"], ["-v"]]) {
        const run = await culvert(["doctor", ...args, ...form], { env: variables });
        assert([0, 2, 3, 4, 5, 7, 8].includes(run.code), `${args}: ${run.code} ${run.stderr}`);
        assertNothingPlanted(run);
        if (form[0] === "--json") assertFitsSchema(JSON.parse(run.stdout));
        else assertReadable(run.stdout);
      }
    }
  } finally {
    await network.close();
  }
});

Deno.test("the exit code is that of the first failed check", async () => {
  await using at = await ward();
  const env = { CODEX_CA_CERTIFICATE: at.bundle, CULVERT_API_KEY: PLANTED.key };
  const { baseUrl } = at.api;
  const status = async (args: string[], variables = {}) =>
    (await culvert(["doctor", ...args], { env: { ...env, ...variables } })).code;
  assertEquals(await status([baseUrl, "-m", "mock-1"]), 0);
  assertEquals(await status([baseUrl, "--proxy", "ftp://x"]), 2);
  assertEquals(await status([baseUrl], { CODEX_CA_CERTIFICATE: "" }), 3);
  assertEquals(await status([baseUrl], { CULVERT_API_KEY: "" }), 4);
  assertEquals(await status([`https://localhost:${deafPort()}/v1`]), 5);
  assertEquals(await status([baseUrl, "-m", "no-such-model"]), 0);
  assertEquals(await status([`${at.api.origin}/v2`, "-m", "mock-1"]), 8);
});

Deno.test("--network-only together with --offline is refused, and so is a second URL", async () => {
  assertEquals((await culvert(["doctor", "--network-only", "--offline"])).code, 2);
  assertEquals((await culvert(["doctor", "http://a", "http://b"])).code, 2);
});

Deno.test("the demo network is examined like a real one", async () => {
  const run = await culvert(["doctor", "--provider", "demo", "--json"]);
  const report = JSON.parse(run.stdout);
  assertEquals(run.code, 0);
  assertIncludes(JSON.stringify(report.checks), "TLS may be intercepted by");
});

/** A server or proxy that never answers. */
interface Silence extends AsyncDisposable {
  readonly url: string;
  readonly flags?: readonly string[];
}

const SILENCES: Readonly<Record<string, () => Promise<Silence>>> = {
  "no connection is accepted": async () => {
    const full = await fullPort();
    return {
      url: `https://127.0.0.1:${full.port}/v1`,
      [Symbol.asyncDispose]: () => Promise.resolve(full[Symbol.dispose]()),
    };
  },
  "the TLS handshake is swallowed": async () => {
    const server = await rawServer(() => {});
    return { ...server, url: `https://127.0.0.1:${server.port}/v1` };
  },
  "no request is answered": async () => {
    const server = await rawServer(() => {});
    return { ...server, url: `http://127.0.0.1:${server.port}/v1` };
  },
  "the proxy keeps silent": async () => {
    const proxy = await startProxy({ fault: { kind: "stall" } });
    return { ...proxy, url: "https://api.test/v1", flags: ["--proxy", `http://127.0.0.1:${proxy.port}`] };
  },
};

for (const [name, open] of Object.entries(SILENCES)) {
  Deno.test({
    ...skippedIf(
      OFF_LINUX,
      `the program ends within 5 s if ${name}`,
    ),
    ...LOOSE,
    fn: async () => {
      await using end = await open();
      const args = ["doctor", end.url, ...end.flags ?? [], "--spend"];
      const run = await culvert(args, { env: { CULVERT_API_KEY: PLANTED.key } });
      assert(run.durationMs < 5_000, `${run.durationMs} ms`);
      assert([3, 5].includes(run.code), `${run.code}`);
    },
  });
}

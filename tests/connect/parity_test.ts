/** One configuration gives the same request heads in every part of the program. */
import { processWorld } from "../../lib/cli/app/process.ts";
import { createAuthority } from "../../lib/pki/pki.ts";
import { startMockApi } from "../../lib/mock/api/api.ts";
import { openClient } from "../../lib/client/client.ts";
import { accessToken, HOUR_MS } from "../auth/kit.ts";
import { folder } from "../doctor/kit.ts";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { startProxy } from "../support/proxy.ts";
import { scrubbedEnv } from "../support/scrubbed_env.ts";
import { type HeadRecorder, startHeadRecorder } from "./head_recorder.ts";

const AUTHORITY = await createAuthority("Parity CA");

/** A server behind a proxy and a private CA, with a login and a provider with headers and query parameters. */
async function setUp() {
  const api = await startMockApi({ plain: true });
  const identity = await AUTHORITY.issue({ commonName: "localhost", names: ["localhost"] });
  const recorder = await startHeadRecorder(identity, api.port);
  const proxy = await startProxy();
  const home = folder();
  const bundle = home.write("ca.pem", AUTHORITY.certificate);
  const token = accessToken("parity", Date.now() + HOUR_MS);
  home.write(
    "auth.json",
    JSON.stringify({
      auth_mode: "chatgpt",
      tokens: { id_token: token, access_token: token, refresh_token: "rt-parity", account_id: "acc-parity" },
      last_refresh: new Date().toISOString(),
    }),
  );
  home.write(
    "config.toml",
    [
      'model_provider = "gate"',
      'model = "mock-1"',
      "[model_providers.gate]",
      'name = "Gate"',
      `base_url = "https://localhost:${recorder.port}/v1"`,
      "requires_openai_auth = true",
      "supports_websockets = true",
      'http_headers = { "X-Gate" = "one", "X-Team" = "two" }',
      'env_http_headers = { "X-Gate-Key" = "GATE_KEY" }',
      'query_params = { "api-version" = "2026-01-01" }',
    ].join("\n"),
  );
  const env = {
    CODEX_HOME: home.path,
    GATE_KEY: "gate-key-value",
    HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
    CODEX_CA_CERTIFICATE: bundle,
    TERM: "xterm",
  };
  return {
    env,
    recorder,
    url: `https://localhost:${recorder.port}/v1`,
    [Symbol.asyncDispose]: async () => {
      await recorder[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await api.close();
      home[Symbol.dispose]();
    },
  };
}

/** Masks the values that differ between requests: ids, the key of the upgrade, the length of the body. */
function masked(head: string): string {
  return head
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<id>")
    .replace(/(sec-websocket-key: )\S+/i, "$1<key>")
    .replace(/("turn_started_at_unix_ms":)\d+/, "$1<time>")
    .replace(/(content-length: )\d+/i, "$1<length>");
}

/** Returns the recorded heads of a kind: each that begins with the request line. */
function taken(recorder: HeadRecorder) {
  const heads = recorder.take().map(masked);
  return (start: string) => heads.filter((head) => head.startsWith(start));
}

const POST = "POST /v1/responses?api-version=2026-01-01 ";
const UPGRADE = "GET /v1/responses?api-version=2026-01-01 ";
const MODELS = "GET /v1/models?";

async function turnOfClient(
  env: Readonly<Record<string, string>>,
  transport: "sse" | "websocket",
): Promise<void> {
  const variables = scrubbedEnv(env);
  const client = await openClient({ transport }, { ...processWorld(), env: (name) => variables[name] });
  try {
    for await (const event of client.turn({ input: "hi" })) {
      if (event.type === "culvert.result") assertEquals(event.error, null);
    }
  } finally {
    client.close();
  }
}

Deno.test("respond, createClient, doctor and report send the same request heads", async () => {
  await using at = await setUp();
  const { env, recorder } = at;
  const program = async (...args: string[]) => {
    const run = await culvert(args, { env });
    assertEquals(run.code, 0, `${args.join(" ")}: ${run.stdout} ${run.stderr}`);
    return taken(recorder);
  };
  const respondSse = await program("respond", "--transport", "sse", "hi");
  const respondWs = await program("respond", "--transport", "ws", "hi");
  await turnOfClient(env, "sse");
  const clientSse = taken(recorder);
  await turnOfClient(env, "websocket");
  const clientWs = taken(recorder);
  const doctor = await program("doctor", at.url, "--spend");
  const report = await program("report");

  const [post] = respondSse(POST);
  assert(post !== undefined, "respond sent no POST");
  for (
    const part of [
      "x-gate: one",
      "x-team: two",
      "x-gate-key: gate-key-value",
      "chatgpt-account-id: acc-parity",
    ]
  ) {
    assertIncludes(post.toLowerCase(), part);
  }
  assertEquals(clientSse(POST), [post]);
  const ofDoctor = doctor(POST);
  assert(ofDoctor.length > 0, "doctor sent no POST");
  for (const head of ofDoctor) assertEquals(head, post);

  const [upgrade] = respondWs(UPGRADE);
  assert(upgrade !== undefined, "respond sent no upgrade");
  assertIncludes(upgrade.toLowerCase(), "x-gate-key: gate-key-value");
  assertEquals(clientWs(UPGRADE), [upgrade]);
  assertEquals(doctor(UPGRADE).filter((head) => /\bupgrade: websocket/i.test(head)), [upgrade]);
  assertEquals(report(UPGRADE), [upgrade]);

  const [models] = doctor(MODELS);
  assert(models !== undefined, "doctor requested no list of models");
  assertEquals(report(MODELS), [models]);
});

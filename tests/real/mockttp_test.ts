/** mockttp, the engine of HTTP Toolkit, as the interceptor between the client and the API: through `capture` and through `serve`. */
import { type MockApi, startMockApi } from "../../lib/mock/api/api.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../support/assert.ts";
import { culvert, jsonLines, programUnderTest } from "../support/culvert.ts";
import { lacksNodePackages, type NodeProgram, startNode } from "../support/node_packages.ts";
import { join } from "../support/paths.ts";
import { skippedIf } from "../support/skipped.ts";
import { startedCulvert } from "../support/started_culvert.ts";
import { CURL_TURN } from "../cli/capture/kit.ts";

const KEY = "sk-planted-0123456789abcdef";

/** Prints its port and the file of its CA, then a line for each request and each websocket. */
const PROXY = `
import { readFileSync, writeFileSync } from "node:fs";
import * as mockttp from "mockttp";
const ca = await mockttp.generateCACertificate();
writeFileSync("ca.pem", ca.cert);
const server = mockttp.getLocal({ https: { key: ca.key, cert: ca.cert } });
const upstream = { additionalTrustedCAs: [{ cert: readFileSync(process.env.ORIGIN_ROOTS, "utf8") }] };
await server.forUnmatchedRequest().thenPassThrough(upstream);
await server.forAnyWebSocket().thenPassThrough(upstream);
await server.on("request", ({ method, path }) => console.log("request", method, path));
await server.on("websocket-request", ({ path }) => console.log("websocket", path));
await server.start();
console.log(server.port);
console.log(process.cwd() + "/ca.pem");
`;

/** mockttp between this machine and an API whose CA it trusts. */
interface MockttpScene extends AsyncDisposable {
  readonly api: MockApi;
  readonly proxy: NodeProgram;
  readonly work: string;
  /** Flags that select it as the proxy. */
  readonly flags: readonly string[];
}

async function mockttpScene(): Promise<MockttpScene> {
  const api = await startMockApi({ scenario: { text: "Through two proxies." } });
  const work = await Deno.makeTempDir({ prefix: "culvert-mockttp-" });
  const roots = join(work, "origin.pem");
  await Deno.writeTextFile(roots, api.authority.certificate);
  const proxy = await startNode(PROXY, { ORIGIN_ROOTS: roots });
  const port = await proxy.line();
  const bundle = await proxy.line();
  return {
    api,
    proxy,
    work,
    flags: ["--proxy", `http://127.0.0.1:${port}`, "--ca-cert", bundle],
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await api.close();
      await Deno.remove(work, { recursive: true });
    },
  };
}

const lacks = await lacksNodePackages("mockttp", "openai");

Deno.test(
  skippedIf(lacks, "curl under capture reaches the API through mockttp, event by event"),
  async () => {
    await using scene = await mockttpScene();
    const directory = join(scene.work, "capture");
    const script = `${CURL_TURN} --noproxy '' https://localhost:${scene.api.port}/v1/responses`;
    const run = await culvert(
      ["capture", "-o", directory, "--intercept", "localhost", ...scene.flags, "--", "sh", "-c", script],
      { env: { KEY }, limitMs: 60_000 },
    );
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stdout, '"type":"response.completed"');
    assertMatch(run.stderr, /localhost:\d+ +1 +0 +0 +0 /);
    assertEquals(await scene.proxy.line(), "request POST /v1/responses");
    const text = await Deno.readTextFile(join(directory, "capture.jsonl"));
    assert(jsonLines(text).filter(({ kind }) => kind === "sse.event").length > 5);
    assertExcludes(text, KEY);
  },
);

Deno.test(
  skippedIf(lacks, "a websocket under capture passes through mockttp, and its messages are recorded"),
  async () => {
    await using scene = await mockttpScene();
    const directory = join(scene.work, "capture");
    const home = join(scene.work, "home");
    await Deno.mkdir(home);
    await Deno.writeTextFile(join(home, "config.toml"), `openai_base_url = "${scene.api.baseUrl}"\n`);
    // Proxy variables do not apply to loopback: only --proxy sends it through the capture.
    const program = programUnderTest().map((word) => `'${word}'`).join(" ");
    const script = `${program} respond --transport ws --proxy "$HTTPS_PROXY" hello`;
    const run = await culvert(
      ["capture", "-o", directory, "--intercept", "localhost", ...scene.flags, "--", "sh", "-c", script],
      {
        env: {
          CODEX_HOME: home,
          CULVERT_API_KEY: KEY,
          DENO_DIR: Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "", ".cache", "deno"),
        },
        limitMs: 60_000,
      },
    );
    assertEquals([run.code, run.stdout], [0, "Through two proxies.\n"], run.stderr);
    assertEquals(await scene.proxy.line(), "websocket /v1/responses");
    const records = jsonLines(await Deno.readTextFile(join(directory, "capture.jsonl")));
    const types = records.filter(({ kind }) => kind === "ws.message").map((each) => each["json_type"]);
    assertEquals([types[0], types.at(-1)], ["response.create", "response.completed"]);
  },
);

const SDK = `
import OpenAI from "openai";
const client = new OpenAI({ maxRetries: 0 });
const stream = await client.responses.create({ model: "gpt-5.2", input: "hello", stream: true });
let text = "";
for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta;
const models = await client.models.list();
console.log(JSON.stringify({ text, models: models.data.length > 0 }));
`;

Deno.test(
  skippedIf(lacks, "the openai package under Node streams through serve, and serve through mockttp"),
  async () => {
    await using scene = await mockttpScene();
    await using program = await startedCulvert(
      ["serve", "--base-url", scene.api.baseUrl, ...scene.flags],
      { env: { SHELL: "/bin/sh", CULVERT_API_KEY: KEY } },
    );
    const [, baseUrl = ""] = await program.seen("stdout", /OPENAI_BASE_URL='([^']+)'/);
    const [, token = ""] = await program.seen("stdout", /OPENAI_API_KEY='([^']+)'/);
    await using sdk = await startNode(SDK, { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: token });
    const { code, text } = await sdk.end();
    assertEquals(code, 0, text);
    assertEquals(JSON.parse(text), {
      text: "Through two proxies.",
      models: true,
    });
    assertEquals(await scene.proxy.line(), "request POST /v1/responses");
    // The server receives the key of serve, and never the local token.
    const authorization = scene.api.log.turns.map(({ headers }) => headers["authorization"]);
    assertEquals(authorization, [`Bearer ${KEY}`]);
  },
);

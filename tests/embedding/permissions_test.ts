import { startMockApi, startNetwork } from "../../lib/testing.ts";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { runProgram } from "./program.ts";

/**
 * A program that makes one turn and prints the facts for a test. The first argument: options, the second: the
 * world's variables.
 */
const PROGRAM = `
import { createClient } from "@culvert/culvert";
const warnings = [];
const [options, variables] = Deno.args.map((arg) => JSON.parse(arg));
const world = variables === undefined ? {} : { env: (name) => variables[name] };
using client = await createClient({ ...options, onWarning: ({ code }) => warnings.push(code) }, world);
let result;
for await (const event of client.turn({ input: "hi" })) result = event;
console.log(JSON.stringify({ warnings, result }));
`;

interface Outcome {
  readonly warnings: readonly string[];
  readonly result: {
    readonly status: string;
    readonly transport: string;
    readonly error: { readonly code: string; readonly hint: string } | null;
    readonly timings_ms: { readonly total: number };
  };
}

async function run(
  permissions: readonly string[],
  env: Readonly<Record<string, string>>,
  ...args: readonly unknown[]
): Promise<Outcome> {
  const texts = args.map((arg) => JSON.stringify(arg));
  const ran = await runProgram(PROGRAM, { permissions, env, args: texts });
  assert(ran.code === 0, ran.stderr);
  return JSON.parse(ran.stdout);
}

const THREE = ["--allow-net", "--allow-read", "--allow-env"] as const;
const DENIED = "--deny-env=HOME,USER,NODE_DEBUG,SSL_CERT_FILE,OPENAI_API_KEY,CODEX_API_KEY";

for (const transport of ["sse", "websocket"] as const) {
  Deno.test(`network, files and environment are the only permissions that ${transport} needs`, async () => {
    await using network = await startNetwork();
    for (const permissions of [THREE, [...THREE, DENIED]]) {
      const { warnings, result } = await run(permissions, network.env, { transport });
      assertEquals([warnings, result.status, result.transport], [[], "completed", transport]);
    }
  });

  Deno.test(`with its own world, a program over ${transport} reads no variable of the process`, async () => {
    await using network = await startNetwork();
    const named = "--allow-env=WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE";
    const { warnings, result } = await run(
      ["--allow-net", "--allow-read", named],
      {
        HTTPS_PROXY: "not a proxy",
        CODEX_HOME: "/nonexistent",
      },
      { transport },
      network.env,
    );
    assertEquals([warnings, result.status], [["environment_not_hidden"], "completed"]);
  });
}

Deno.test("without the permission of the websocket library, the turn uses SSE, or reports immediately what is missing", async () => {
  await using network = await startNetwork();
  const permissions = ["--allow-net", "--allow-read"];
  const left = await run(permissions, {}, {}, network.env);
  assertEquals([left.result.status, left.result.transport], ["completed", "sse"]);
  const { result } = await run(permissions, {}, { transport: "websocket" }, network.env);
  assertEquals([result.status, result.error?.code], ["failed", "websocket"]);
  assertIncludes(result.error?.hint ?? "", "--allow-env=WS_NO_BUFFER_UTIL");
  assert(network.api.handshakes() === 0);
});

Deno.test("a proxy variable that may not be read cannot be hidden from the runtime, and causes a warning", async () => {
  await using api = await startMockApi({ plain: true });
  const denied = [...THREE, "--deny-env=HTTP_PROXY"];
  const options = { baseUrl: api.baseUrl, apiKey: "sk-any" };
  const { warnings, result } = await run(denied, {}, options);
  assertEquals([warnings, result.status], [["environment_not_hidden"], "completed"]);
  const hidden = await run(THREE, { ALL_PROXY: "http://127.0.0.1:1" }, options);
  assertEquals([hidden.warnings, hidden.result.status], [[], "completed"]);
});

Deno.test("the provider demo without the permission to write is refused with the permissions that it needs", async () => {
  const args = [JSON.stringify({ provider: "demo" }), "{}"];
  const ran = await runProgram(PROGRAM, { permissions: THREE, args });
  assertEquals(ran.code, 1);
  assertIncludes(ran.stderr, 'Cannot start the simulated network of the provider "demo"');
  const granted = await runProgram(PROGRAM, { permissions: [...THREE, "--allow-write"], args });
  assertEquals(granted.code, 0, granted.stderr);
  assertEquals(JSON.parse(granted.stdout).result.status, "completed");
});

Deno.test("with only the roots of the system, no warning reports Mozilla's roots, which must not be listed", async () => {
  await using network = await startNetwork();
  const { warnings, result } = await run(THREE, { ...network.env, DENO_TLS_CA_STORE: "system" }, {});
  assertEquals([warnings, result.status], [[], "completed"]);
});

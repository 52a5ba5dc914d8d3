/** Every way to fail on the way to a server, as `culvert respond --json` tells it: once, by code, with its exit. */
import { unlessLacking } from "../../support/runtime_abilities.ts";
import { ERROR_CODES } from "../../../lib/errors.ts";
import { CONNECTION_FAILURES, PROXY_FAILURES, TLS_FAILURES } from "../../net/failure/failure_cases.ts";
import { CA, deafPort, httpServer, LEAF, rawServer } from "../../net/kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { startProxy } from "../../support/proxy.ts";
import { PLANTED_KEY } from "./kit.ts";

/** One retry is enough to see whether there is any. */
const CONFIG = `
[model_providers.once]
request_max_retries = 1
stream_max_retries = 1
env_key = "CULVERT_API_KEY"
`;
const directory = await Deno.makeTempDir({ prefix: "culvert-failures-" });
await Deno.writeTextFile(join(directory, "config.toml"), CONFIG);
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

interface Failed {
  readonly run: CulvertRun;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

/** Runs it, and checks what holds for every failure. */
async function respond(
  baseUrl: string,
  options: { readonly roots?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
  isRetried: boolean,
): Promise<Failed> {
  const bundle = await Deno.makeTempFile({ dir: directory, suffix: ".pem" });
  await Deno.writeTextFile(bundle, (options.roots ?? []).join("\n"));
  const run = await culvert(["respond", "--json", "--provider", "once", "--base-url", baseUrl, "hi"], {
    env: {
      CODEX_HOME: directory,
      CULVERT_API_KEY: PLANTED_KEY,
      ...(options.roots === undefined ? {} : { CODEX_CA_CERTIFICATE: bundle }),
      ...options.env,
    },
  });
  assertExcludes(run.stdout + run.stderr, PLANTED_KEY);
  const lines = jsonLines(run.stdout);
  const result = JSON.parse(JSON.stringify(lines.at(-1)));
  assertEquals([result.type, result.status, result.exit_code], ["culvert.result", "failed", run.code]);
  const retries = lines.filter(({ type }) => type === "culvert.retry").length;
  assertEquals([retries, lines.length], isRetried ? [1, 2] : [0, 1], run.stdout);
  // One error in addition to the message about the retry.
  const said = run.stderr.match(/^culvert: .*/gm) ?? [];
  assertEquals(said.filter((line) => !line.startsWith("culvert: retry ")).length, 1, run.stderr);
  assertIncludes(run.stderr, result.error.message);
  assertIncludes(result.error.hint, "culvert doctor http");
  return { run, error: result.error };
}

for (const row of TLS_FAILURES) {
  const name = `respond refuses a server without a retry and with ${row.code}: ${row.name}`;
  Deno.test(unlessLacking(name), async () => {
    const pair = await row.pair();
    await using server = httpServer(() => new Response("never"), pair);
    const host = `${row.host ?? "localhost"}:${server.port}`;
    const roots = [CA.certificate, ...(pair.root === undefined ? [] : [pair.root])];
    const { run, error } = await respond(
      `https://${host}/v1`,
      row.untrusted === true ? {} : { roots },
      false,
    );
    assertEquals([run.code, error.code], [3, row.code]);
    for (const part of [row.says, host, "trusted roots: "]) assertIncludes(error.message, part);
  });
}

for (const row of CONNECTION_FAILURES) {
  const retries = row.isRetried ? "one retry if one is allowed" : "no retry";
  Deno.test(unlessLacking(`respond fails with ${row.code} and ${retries}: ${row.name}`), async () => {
    await using server = await rawServer((socket) => socket.once("data", () => socket.end(row.answer ?? "")));
    const url = row.url(server.port);
    const { run, error } = await respond(url, {}, row.isRetried);
    assertEquals([run.code, error.code], [ERROR_CODES[row.code].exit, row.code]);
    for (const part of [row.says, new URL(url).host]) assertIncludes(error.message, part);
    if (row.hint !== undefined) assertIncludes(error.hint, row.hint);
  });
}

for (const row of PROXY_FAILURES) {
  for (const scheme of row.schemes) {
    Deno.test(
      unlessLacking(
        `respond fails at a proxy, ${scheme}, with ${row.code} and without its password: ${row.name}`,
      ),
      async () => {
        await using proxy = await startProxy({
          ...(row.fault === undefined ? {} : { fault: row.fault }),
          ...(row.credentials === undefined ? {} : { credentials: row.credentials }),
          ...(scheme === "https" ? { tls: LEAF } : {}),
        });
        const port = row.deaf === true ? deafPort() : proxy.port;
        const target = row.plain === true ? "http://api.test/v1" : "https://api.test/v1";
        const { run, error } = await respond(target, {
          roots: [CA.certificate],
          env: { ALL_PROXY: `${scheme}://zora:hunter%402@127.0.0.1:${port}` },
        }, row.isRetried === true);
        assertEquals([run.code, error.code], [5, row.code]);
        for (const part of [row.says, "api.test", `${scheme}://***@127.0.0.1:${port} from ALL_PROXY`]) {
          assertIncludes(error.message, part);
        }
        if (row.hint !== undefined) assertIncludes(error.hint, row.hint);
        for (const secret of ["hunter", "zora", btoa("zora:hunter@2")]) {
          assertExcludes(run.stdout + run.stderr, secret);
        }
      },
    );
  }
}

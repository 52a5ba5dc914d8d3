/** The effects of the environment and `.env` on a turn of the real program. */
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "culvert-environment-" }));
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

interface Seen {
  readonly url: string;
  readonly headers: Headers;
}

/** A gateway on loopback that answers every request with 503 and repeats what it was sent. */
function gateway(): { readonly url: string; readonly seen: Seen[] } & AsyncDisposable {
  const seen: Seen[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    seen.push({ url: request.url, headers: request.headers });
    const headers = Object.fromEntries(
      [...request.headers].map(([name, value]) => [`x-echo-${name}`, value]),
    );
    const error = { message: `you sent ${request.url} ${JSON.stringify([...request.headers])}` };
    return Response.json({ error }, {
      status: 503,
      headers: { ...headers, "x-request-id": [...request.headers.values()].join(" ") },
    });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    seen,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

async function respond(
  { files = {}, env = {}, args = [] }: Given,
): Promise<CulvertRun & { readonly home: string }> {
  const home = await Deno.makeTempDir({ dir: directory });
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(home, name), text);
  const all = { CODEX_HOME: home, CULVERT_API_KEY: "sk-planted-0123456789", ...env };
  return { home, ...await culvert(["respond", "--transport", "sse", ...args, "hi"], { env: all }) };
}

Deno.test("OPENAI_BASE_URL sends the key of the built-in provider to the gateway, and -v reports this", async () => {
  await using server = gateway();
  const run = await respond({ env: { OPENAI_BASE_URL: `${server.url}/v1` }, args: ["-v"] });
  assertEquals(run.code, 7);
  assertEquals(new URL(server.seen[0]?.url ?? "").pathname, "/v1/responses");
  assertEquals(server.seen[0]?.headers.get("authorization"), "Bearer sk-planted-0123456789");
  assertIncludes(run.stderr, "the base URL comes from OPENAI_BASE_URL");
});

Deno.test("a key, a base URL and a proxy of .env take precedence over those of the shell", async () => {
  await using server = gateway();
  const run = await respond({
    files: {
      ".env": `OPENAI_BASE_URL="${server.url}/v1" # gateway\nCULVERT_API_KEY=sk-from-file-0123456789\n`,
    },
    env: { OPENAI_BASE_URL: "http://127.0.0.1:1/v1" },
    args: ["-v"],
  });
  assertEquals(server.seen[0]?.headers.get("authorization"), "Bearer sk-from-file-0123456789");
  assertIncludes(run.stderr, `the base URL comes from OPENAI_BASE_URL of ${run.home}/.env`);
});

Deno.test("a proxy address in quotes is used without the quotes, with a warning", async () => {
  await using server = gateway();
  const run = await respond({
    env: { OPENAI_BASE_URL: "http://api.test/v1", HTTP_PROXY: `"${server.url}"` },
  });
  assertEquals(run.code, 7);
  assert(server.seen.length > 0, "the proxy was not used");
  assertIncludes(run.stderr, "The value of HTTP_PROXY has quotes around it, which are ignored; remove them");
});

/** Values that cannot be used: the variable, its value, the exit status. */
const UNUSABLE: readonly (readonly [name: string, value: string, status: number])[] = [
  ["HTTP_PROXY", "http://${PROXY_HOST}:3128", 2],
  ["HTTP_PROXY", "http://proxy host:3128", 2],
  ["HTTP_PROXY", "{{ proxy }}", 2],
  ["HTTP_PROXY", '"http://proxy:3128', 2],
  ["HTTP_PROXY", "http://pro xy", 2],
  ["OPENAI_BASE_URL", "https://${HOST}/v1", 2],
  ["OPENAI_BASE_URL", "http://a b/v1", 2],
  ["OPENAI_BASE_URL", "'http://a/v1", 2],
  ["CULVERT_API_KEY", "${OPENAI_API_KEY}", 4],
  ["CULVERT_API_KEY", "<your-api-key>", 4],
  ["CULVERT_API_KEY", "sk-one sk-two", 4],
  ["CULVERT_API_KEY", '"sk-one', 4],
  ["CODEX_CA_CERTIFICATE", "${CA}", 3],
  ["SSL_CERT_FILE", "'/none.pem", 3],
  ["CODEX_HOME", "${HOME}/.codex", 2],
];

for (const [name, value, status] of UNUSABLE) {
  Deno.test(`${name}=${value} is refused by its name with exit code ${status}, and nothing is sent`, async () => {
    await using server = gateway();
    const run = await respond({
      env: {
        OPENAI_BASE_URL: `http://api.test:${new URL(server.url).port}/v1`,
        HTTP_PROXY: server.url,
        [name]: value,
      },
    });
    assertEquals([run.code, run.stdout], [status, ""], run.stderr);
    assertIncludes(run.stderr, name);
    assertEquals(server.seen.length, 0);
  });
}

for (const args of [["--json"], ["--json", "-v"], ["-vv"]]) {
  Deno.test(`a gateway that repeats every secret of a request causes none in the output of ${args.join(" ")}`, async () => {
    await using server = gateway();
    const secrets = ["gwheader-4711", "gwquery-4711", "proxyword-4711", "planted-key-4711"];
    const run = await respond({
      files: {
        "config.toml":
          `model_provider = "gw"\n[model_providers.gw]\nbase_url = "http://gw.test/v1"\nenv_key = "GW_KEY"\n` +
          `http_headers = { X-Team-Pass = "gwheader-4711" }\nquery_params = { who = "gwquery-4711" }\nstream_max_retries = 1\n` +
          `request_max_retries = 1`,
      },
      env: { GW_KEY: "planted-key-4711" },
      args: [...args, "--proxy", server.url.replace("http://", "http://someone:proxyword-4711@")],
    });
    assertEquals(run.code, 7);
    assert(server.seen.length > 1);
    const sent = JSON.stringify(server.seen.map(({ url, headers }) => [url, ...headers]));
    for (const secret of secrets.filter((each) => each !== "proxyword-4711")) assertIncludes(sent, secret);
    for (const secret of secrets) assertExcludes(run.stdout + run.stderr, secret);
  });
}

const NAMED_KEY =
  'model_provider = "gw"\n[model_providers.gw]\nbase_url = "http://gw.test/v1"\nenv_key = "GW_KEY"\n';

Deno.test("the missing variable of a provider is named", async () => {
  const run = await respond({ files: { "config.toml": NAMED_KEY } });
  assertEquals(run.code, 4);
  assertIncludes(run.stderr, "Set GW_KEY; it is unset or empty.");
});

Deno.test("a key in place of the name of its variable is masked", async () => {
  const run = await respond({ files: { "config.toml": NAMED_KEY.replace("GW_KEY", "Planted-Key-4711") } });
  assertEquals(run.code, 4);
  assertExcludes(run.stderr, "Planted-Key-4711");
});

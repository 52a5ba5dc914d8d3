import { TestAuthority, TestHome } from "../../auth/kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";

/** A home whose provider runs a command that prints t1, then t2, without retries of other kinds. */
function homeOf(base: string): TestHome {
  const home = new TestHome();
  const counter = join(home.path, "count");
  Deno.writeTextFileSync(
    join(home.path, "token.sh"),
    `#!/bin/sh\necho x >> ${counter}\necho t$(wc -l < ${counter} | tr -d ' ')\n`,
    { mode: 0o755 },
  );
  const lines = [
    'model_provider = "corp"',
    "[model_providers.corp]",
    `base_url = "${base}/v1"`,
    "request_max_retries = 0",
    "stream_max_retries = 0",
    `auth = { command = "${join(home.path, "token.sh")}", timeout_ms = 20000, refresh_interval_ms = 0 }`,
  ];
  Deno.writeTextFileSync(join(home.path, "config.toml"), lines.join("\n"));
  return home;
}

const ANSWER = [
  { type: "response.created", response: { id: "resp-1" } },
  { type: "response.output_text.delta", item_id: "m", output_index: 0, content_index: 0, delta: "Hello" },
  { type: "response.completed", response: { id: "resp-1", status: "completed", output: [] } },
].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "a command's token that the API refuses is requested again from the command: two requests to the API, and success",
  ),
}, async () => {
  const tokens: (string | null)[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const token = request.headers.get("authorization");
    tokens.push(token);
    if (token !== "Bearer t2") return new Response("{}", { status: 401 });
    return new Response(ANSWER, { headers: { "content-type": "text/event-stream" } });
  });
  await using home = homeOf(`http://127.0.0.1:${server.addr.port}`);
  const run = await culvert(["respond", "--transport", "sse", "hi"], { env: { CODEX_HOME: home.path } });
  assertEquals([run.code, run.stdout.trim()], [0, "Hello"], run.stderr);
  assertEquals(tokens, ["Bearer t1", "Bearer t2"]);
});

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "a 401 with a secret in its body is reported by its status, without the secret",
  ),
}, async () => {
  await using server = new TestAuthority(() =>
    Response.json({ error: { code: "token_expired", message: "sk-canary-0123456789 is no key" } }, {
      status: 401,
    })
  );
  await using home = homeOf(server.base);
  const env = { CODEX_HOME: home.path };
  const run = await culvert(["respond", "--transport", "sse", "--json", "-vv", "hi"], { env });
  assertEquals(run.code, 4, run.stderr);
  assertEquals(server.seen.length, 2);
  assertIncludes(run.stdout, "401");
  assertExcludes(run.stdout + run.stderr, "sk-canary-0123456789");
});

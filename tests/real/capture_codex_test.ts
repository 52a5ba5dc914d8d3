/** The real codex client under `culvert capture`, in each mode and with each login. */
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { type CodexLogin, vendorNetwork } from "./capture_kit.ts";
import { assertEveryChannel } from "./channel_kit.ts";

const ANSWER = "Captured, every word of it.";
const LOGINS: readonly CodexLogin[] = ["api key", "ChatGPT"];

for (const login of LOGINS) {
  const modelHost = login === "api key" ? "api.openai.com" : "chatgpt.com";

  await testWith(
    ["codex"],
    `codex with ${login} completes a turn in forward mode, and every channel that it used is in the table`,
    async () => {
      await using vendor = await vendorNetwork(login, { scenario: { text: ANSWER } });
      const run = await vendor.capture();
      assertEquals(run.code, 0, run.stderr);
      assertIncludes(run.stdout, ANSWER);
      assertIncludes(run.stderr, "capturing in forward mode: it records every channel of codex");
      assertMatch(run.stderr, /model \(websocket\) +1 /);
      assertEveryChannel(run.stderr, vendor.api.log.all, { notCoverable: false });
      assertMatch(run.stderr, new RegExp(`${modelHost} +\\d+ +0 +0 +0 `));
      const records = JSON.stringify(await vendor.records());
      assertMatch(records, new RegExp(`"url":"(https|wss)://${modelHost}/`));
      assertIncludes(records, ANSWER.slice(0, 8));
      assertExcludes(records, "sk-planted-0123456789abcdef");
      // The credential of the client reached the vendor through two proxies.
      const turns = vendor.api.log.all.filter(({ path }) => path.endsWith("/responses"));
      assert(turns.length > 0 && turns.every(({ headers }) => headers["host"] === modelHost));
    },
  );

  await testWith(["codex"], `codex with ${login} completes a turn in reverse mode`, async () => {
    await using vendor = await vendorNetwork(login, { scenario: { text: ANSWER } });
    const run = await vendor.capture("--mode", "reverse");
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stdout, ANSWER);
    assertMatch(run.stderr, /model \(websocket\) +\d/);
    assertIncludes(
      run.stderr,
      "cannot be recorded in reverse mode: login and token refresh, metrics",
    );
    assertEveryChannel(run.stderr, vendor.api.log.all, { notCoverable: true });
    const paths = vendor.api.log.all.filter(({ path }) => path.endsWith("/responses")).map(({ path }) =>
      path
    );
    assertEquals(
      new Set(paths),
      new Set([login === "api key" ? "/v1/responses" : "/backend-api/codex/responses"]),
    );
  });

  await testWith(
    ["codex"],
    `codex with ${login} completes a turn in keylog mode, and capture reports that codex writes no keys`,
    async () => {
      await using vendor = await vendorNetwork(login, { scenario: { text: ANSWER } });
      const run = await vendor.capture("--mode", "keylog");
      assertEquals(run.code, 0, run.stderr);
      assertIncludes(run.stdout, ANSWER);
      assertIncludes(run.stderr, "codex writes no TLS keys");
      assertMatch(run.stderr, new RegExp(`${modelHost} +0 +[1-9]\\d* +0 +0 `));
      // git, which codex starts with an API key, writes TLS keys; codex does not.
      const keys = await Deno.readTextFile(join(vendor.captureDir, "keys.log"));
      assertEquals(
        keys.split("\n").filter((line) => line.startsWith("CLIENT_TRAFFIC_SECRET_0")).length <= 1,
        true,
      );
      for (const name of ["keys.log", "traffic.pcapng"]) {
        assertEquals((await Deno.stat(join(vendor.captureDir, name))).mode! & 0o777, 0o600, name);
      }
    },
  );
}

await testWith(
  ["codex"],
  "codex without a websocket sends its turn over SSE, compressed for a ChatGPT login, and both directions are recorded",
  async () => {
    await using vendor = await vendorNetwork("ChatGPT", { scenario: { text: ANSWER } });
    const run = await vendor.capture("--mode", "reverse", "--no-websocket");
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stdout, ANSWER);
    assertMatch(run.stderr, /model \(SSE\) +\d/);
    const records = JSON.stringify(await vendor.records());
    assertIncludes(records, '"content_encoding":"zstd"');
    assertIncludes(records, "say hello");
    assertIncludes(records, '"kind":"sse.event"');
  },
);

for (const login of LOGINS) {
  for (const compression of [undefined, "gzip", "zstd"] as const) {
    await testWith(
      ["codex"],
      `codex with ${login} reads a ${
        compression ?? "plain"
      } stream through a capture, and each event is recorded`,
      async () => {
        await using vendor = await vendorNetwork(login, {
          scenario: { text: ANSWER, ...(compression === undefined ? {} : { compression }) },
          handshake: { kind: "refuse", refusal: { status: 426, body: "Use HTTP" } },
        });
        const run = await vendor.capture();
        assertEquals(run.code, 0, run.stderr);
        assertIncludes(run.stdout, ANSWER);
        assertMatch(run.stderr, /model \(SSE\) +\d/);
        assertEveryChannel(run.stderr, vendor.api.log.all, { notCoverable: false });
        const records = await vendor.records();
        const types = records.filter(({ kind }) => kind === "sse.event").map((event) => event["json_type"]);
        assert(types.includes("response.created") && types.includes("response.completed"));
        const encoded = records.filter(({ kind, headers }) =>
          kind === "http.response" && JSON.stringify(headers).includes("text/event-stream")
        );
        assert(
          encoded.every(({ headers }) => JSON.stringify(headers).includes(compression ?? "event-stream")),
        );
      },
    );
  }

  await testWith(
    ["codex"],
    `codex with ${login} uses a websocket without compression through a capture`,
    async () => {
      await using vendor = await vendorNetwork(login, {
        scenario: { text: ANSWER },
        handshake: { kind: "accept", declinesDeflate: true },
      });
      const run = await vendor.capture();
      assertEquals(run.code, 0, run.stderr);
      assertIncludes(run.stdout, ANSWER);
      const records = await vendor.records();
      const opened = records.filter(({ kind }) => kind === "ws.open");
      assert(opened.length > 0 && opened.every(({ extensions }) => extensions === undefined));
      const types = records.filter(({ kind }) => kind === "ws.message").map((each) => each["json_type"]);
      assert(types.includes("response.create") && types.includes("response.completed"));
    },
  );
}

await testWith(
  ["codex"],
  "a proxy in $CODEX_HOME/.env, which takes precedence in codex, makes reverse the default mode",
  async () => {
    await using vendor = await vendorNetwork("api key", { scenario: { text: ANSWER } });
    await Deno.writeTextFile(join(vendor.home, ".env"), `HTTPS_PROXY=${vendor.env["HTTPS_PROXY"]}\n`);
    const run = await vendor.capture();
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stdout, ANSWER);
    assertIncludes(run.stderr, "capturing in reverse mode: $CODEX_HOME/.env sets HTTPS_PROXY");
    assertMatch(run.stderr, /model \(websocket\) +\d/);
  },
);

await testWith(["codex"], "codex completes a turn in the simulated network in reverse mode", async () => {
  const directory = await Deno.makeTempDir({ prefix: "culvert-codex-demo-" });
  try {
    const flags = ["--provider", "demo", "--mode", "reverse", "-o", join(directory, "capture")];
    const run = await culvert(
      ["capture", ...flags, "--", "codex", "exec", "--skip-git-repo-check", "hi"],
      { env: { CODEX_HOME: directory, CODEX_API_KEY: "sk-demo-not-a-secret" } },
    );
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stdout, "A culvert carries a stream");
    assertMatch(run.stderr, /model \(websocket\) +1 /);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

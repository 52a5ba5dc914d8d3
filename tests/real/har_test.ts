/** Captures of real programs as HAR files, and replays of these files to real programs. */
import { assert, assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { harValidator } from "../capture/export/har_kit.ts";
import { type VendorNetwork, vendorNetwork } from "./capture_kit.ts";

const ANSWER = "Recorded once, replayed at will.";

/** Exports the capture of a network and validates it. */
async function exportHar(vendor: VendorNetwork): Promise<string> {
  const file = join(vendor.home, "codex.har");
  const run = await culvert(["export", vendor.captureDir, "--verify", "-o", file], { env: vendor.env });
  assertEquals(run.code, 0, run.stderr);
  const har = JSON.parse(await Deno.readTextFile(file));
  const validate = harValidator();
  assert(validate(har), JSON.stringify(validate.errors));
  assertExcludes(JSON.stringify(har), "sk-planted-0123456789abcdef");
  return file;
}

/** Runs codex against a replay, without any other network: the proxy of the company is stopped. */
async function replayed(vendor: VendorNetwork, from: string): Promise<void> {
  const { HTTPS_PROXY: _proxy, ...env } = vendor.env;
  const script =
    `codex exec --skip-git-repo-check --color never -c "openai_base_url=\\"$OPENAI_BASE_URL\\"" "say hello"`;
  const run = await culvert(
    ["replay", from, "--match", "order", "--speed", "none", "--json", "--", "sh", "-c", script],
    { env: { ...env, NO_PROXY: "127.0.0.1" }, cwd: vendor.home, limitMs: 90_000 },
  );
  assertEquals(run.code, 0, run.stderr);
  assertIncludes(run.stdout, ANSWER);
  const report = JSON.parse(run.stdout.trim().split("\n").at(-1) ?? "");
  assert(report.used.some(({ request }: { request: string }) => request.endsWith(" /responses")));
}

await testWith(
  ["codex"],
  "codex over a websocket: captured, exported as valid HAR, and served again from directory and HAR",
  async () => {
    await using vendor = await vendorNetwork("api key", { scenario: { text: ANSWER } });
    const run = await vendor.capture();
    assertEquals(run.code, 0, run.stderr);
    const har = await exportHar(vendor);
    const { log } = JSON.parse(await Deno.readTextFile(har));
    const socket = log.entries.find((entry: { _resourceType: string }) =>
      entry._resourceType === "websocket"
    );
    assert(socket._webSocketMessages.some(({ type }: { type: string }) => type === "send"));
    assert(
      socket._webSocketMessages.some(({ data }: { data: string }) => data.includes("response.completed")),
    );
    await replayed(vendor, vendor.captureDir);
    await replayed(vendor, har);
  },
);

await testWith(
  ["codex"],
  "codex over SSE: captured, exported as valid HAR, and served again from directory and HAR",
  async () => {
    await using vendor = await vendorNetwork("api key", { scenario: { text: ANSWER } });
    const run = await vendor.capture("--mode", "reverse", "--no-websocket");
    assertEquals(run.code, 0, run.stderr);
    const har = await exportHar(vendor);
    const { log } = JSON.parse(await Deno.readTextFile(har));
    const stream = log.entries.find((entry: { _resourceType: string }) =>
      entry._resourceType === "eventsource"
    );
    assert(stream._eventSourceMessages.length > 3);
    await replayed(vendor, vendor.captureDir);
    await replayed(vendor, har);
  },
);

await testWith(
  ["codex"],
  "view --json shows the turn of a captured codex session",
  async () => {
    await using vendor = await vendorNetwork("api key", { scenario: { text: ANSWER } });
    assertEquals((await vendor.capture()).code, 0);
    const run = await culvert(["view", vendor.captureDir, "--json"], { env: vendor.env });
    const { turns } = JSON.parse(run.stdout);
    const last = turns.at(-1);
    assertEquals([last.transport, last.outcome], ["websocket", "completed"]);
    assert(last.input_tokens > 0);
    assert(last.first_token_ms !== null);
  },
);

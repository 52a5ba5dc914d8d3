/** `culvert replay --miss forward`: what was not recorded is asked of the server, and recorded. */
import { startNetwork } from "../../../lib/mock/network.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { closedPort } from "../../support/closed_port.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";

const ask = (base: string, prompt: string) =>
  `curl -sS --max-time 20 -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"model":"gpt-5.2","input":"${prompt}","stream":true}' "${base}/responses"`;

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "a request that was not recorded is sent to the recorded server with bundle and proxy, and is recorded for the next replay",
  ),
  fn: async () => {
    await using network = await startNetwork();
    const work = await Deno.makeTempDir({ prefix: "culvert-forward-" });
    const run = (args: readonly string[]) =>
      culvert(args, { env: { ...network.env, BASE: network.baseUrl, KEY: network.apiKey }, cwd: work });
    try {
      network.api.enqueue({ text: "Recorded." });
      const first = await run(["capture", "-o", "first", "--", "sh", "-c", ask("$BASE", "known")]);
      assertEquals(first.code, 0, first.stderr);
      network.api.enqueue({ text: "Forwarded." });
      const script = `${ask("$OPENAI_BASE_URL", "known")}; ${ask("$OPENAI_BASE_URL", "new")}`;
      const replay = await run(
        ["replay", "first", "--miss", "forward", "-o", "second", "--speed", "none", "--", "sh", "-c", script],
      );
      assertEquals(replay.code, 0, replay.stderr);
      assertIncludes(replay.stdout, '"text":"Recorded."');
      assertIncludes(replay.stdout, '"text":"Forwarded."');
      assertIncludes(replay.stderr, "requests that were not recorded go to https://api.culvert.test/v1");
      assertIncludes(replay.stderr, "1 exchange recorded in");
      // The known request was answered here, the new one by the server, with the credential of the client.
      assertEquals(network.api.log.turns.length, 2);
      assertEquals(network.api.log.turns[1]?.headers["authorization"], `Bearer ${network.apiKey}`);
      const text = await Deno.readTextFile(join(work, "second", "capture.jsonl"));
      assertExcludes(text, network.apiKey);
      const request = jsonLines(text).find(({ kind }) => kind === "http.request");
      assertEquals(request?.["url"], "https://api.culvert.test/v1/responses");
      const again = await run(
        ["replay", "second", "--strict", "--speed", "none", "--", "sh", "-c", ask("$OPENAI_BASE_URL", "new")],
      );
      assertEquals(again.code, 0, again.stderr);
      assertIncludes(again.stdout, '"text":"Forwarded."');
      assertEquals(network.api.log.turns.length, 2);
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  },
});

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "with forwarding, an unreachable server causes a 502 with the reason, and an unrecorded websocket is refused with 426",
  ),
  fn: async () => {
    await using network = await startNetwork();
    const work = await Deno.makeTempDir({ prefix: "culvert-forward-" });
    try {
      const env = { ...network.env, BASE: network.baseUrl, KEY: network.apiKey };
      const first = await culvert(["capture", "-o", "first", "--", "sh", "-c", ask("$BASE", "known")], {
        env,
        cwd: work,
      });
      assertEquals(first.code, 0, first.stderr);
      const upgrade =
        `curl -s -o /dev/null -w ' %{http_code}' -H 'Connection: Upgrade' -H 'Upgrade: websocket' ` +
        `-H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' "$OPENAI_BASE_URL/responses"`;
      const run = await culvert(
        ["replay", "first", "--miss", "forward", "--base-url", `http://127.0.0.1:${closedPort()}/v1`, "--"]
          .concat(
            ["sh", "-c", `${ask("$OPENAI_BASE_URL", "new")} -w ' %{http_code}'; ${upgrade}`],
          ),
        { env: { KEY: "sk-planted-0123456789abcdef" }, cwd: work },
      );
      assertIncludes(run.stdout, '"type":"culvert_replay_forward","code":"connect"');
      assertIncludes(run.stdout, " 502 426");
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  },
});

/** `culvert capture` behind mitmproxy: its upstream connections go through mitmproxy. */
import { startMockApi } from "../../lib/mock/api/api.ts";
import { assertEquals, assertIncludes, assertMatch } from "../support/assert.ts";
import { culvert, jsonLines } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { CURL_TURN } from "../cli/capture/kit.ts";
import { MITMPROXY, startMitmproxy } from "./peers/mitmproxy.ts";

for (const credentials of [undefined, "anna:secret-of-the-proxy"]) {
  const suffix = credentials === undefined ? "" : " that requires a password";
  await testWith(
    [...MITMPROXY, "curl"],
    `curl under capture reaches the API through mitmproxy${suffix}, event by event`,
    async () => {
      await using api = await startMockApi({
        scenario: { text: "Through two proxies." },
      });
      await using mitmproxy = await startMitmproxy({
        originRoots: api.authority.certificate,
        ...(credentials === undefined ? {} : { credentials }),
      });
      const directory = await Deno.makeTempDir({ prefix: "culvert-peers-" });
      try {
        const user = credentials === undefined ? "" : `${credentials}@`;
        const flags = ["--proxy", `http://${user}127.0.0.1:${mitmproxy.port}`, "--ca-cert", mitmproxy.bundle];
        // Loopback is reached directly: only --proxy and an empty --noproxy send it through a proxy.
        const script = `${CURL_TURN} --noproxy '' https://localhost:${api.port}/v1/responses`;
        const run = await culvert(
          [
            "capture",
            "-o",
            join(directory, "capture"),
            "--intercept",
            "localhost",
            ...flags,
            "--",
            "sh",
            "-c",
            script,
          ],
          { env: { KEY: "sk-planted-0123456789abcdef" }, limitMs: 60_000 },
        );
        assertEquals(run.code, 0, run.stderr);
        assertIncludes(run.stdout, '"type":"response.completed"');
        assertMatch(run.stderr, /localhost:\d+ +1 +0 +0 +0 /);
        const text = await Deno.readTextFile(join(directory, "capture", "capture.jsonl"));
        assertEquals(jsonLines(text).filter(({ kind }) => kind === "sse.event").length > 5, true);
        assertEquals(text.includes("secret-of-the-proxy") || text.includes("sk-planted"), false);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  );
}

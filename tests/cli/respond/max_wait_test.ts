/** The longest wait that a server may ask for. */
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { httpServer } from "../../net/kit.ts";
import { frames } from "../../responses/kit.ts";
import { homeFor, PLANTED_KEY } from "./transport_kit.ts";

/** Answers 429 with the wait, then completely. */
function limited(seconds: string) {
  let count = 0;
  const server = httpServer(() => {
    count++;
    if (count === 1) return new Response("slow down", { status: 429, headers: { "retry-after": seconds } });
    const events = [{ type: "response.completed", response: { id: "resp_1", output: [] } }];
    return new Response(frames(events), { headers: { "content-type": "text/event-stream" } });
  });
  return { server, requests: () => count };
}

for (
  const [flags, key, status, requests] of [
    [[], {}, 0, 2],
    [["--max-wait", "0"], {}, 6, 1],
    [["--max-wait", "0.5"], {}, 6, 1],
    [["--max-wait", "3"], {}, 0, 2],
    [[], { max_retry_after_ms: 500 }, 6, 1],
    [["--max-wait", "3"], { max_retry_after_ms: 500 }, 0, 2],
  ] as const
) {
  const given = [...flags, ...Object.entries(key).map(([name, value]) => `${name} = ${value}`)].join(" ");
  Deno.test(`a Retry-After of 1 s with ${given || "neither flag nor key"} ends with ${status} after ${requests} request(s)`, async () => {
    const { server, requests: count } = limited("1");
    await using _server = server;
    const home = await homeFor(`http://127.0.0.1:${server.port}/v1`, {
      provider: { request_max_retries: 2, stream_max_retries: 2, ...key },
    });
    try {
      const run = await culvert(["respond", "--json", ...flags, "hello"], {
        env: { CODEX_HOME: home, CULVERT_API_KEY: PLANTED_KEY },
      });
      assertEquals([run.code, count()], [status, requests], run.stderr);
      assertEquals(jsonLines(run.stdout).filter(({ type }) => type === "culvert.retry").length, requests - 1);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}

Deno.test("--max-wait without a number is a usage error, and config shows the key", async () => {
  const wrong = await culvert(["respond", "--max-wait", "soon", "hi"]);
  assertEquals(wrong.code, 2);
  assertIncludes(wrong.stderr, '"soon" is not a number of seconds');
  const home = await homeFor("http://127.0.0.1:9/v1", { provider: { max_retry_after_ms: 1234 } });
  const shown = await culvert(["config"], { env: { CODEX_HOME: home } });
  await Deno.remove(home, { recursive: true });
  assertIncludes(shown.stdout, "max_retry_after_ms");
  assertIncludes(shown.stdout, "1234");
});

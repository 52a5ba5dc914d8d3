/** `replay` of HAR files that hold what no server can send. */
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";

const REQUEST = { method: "GET", url: "https://api.test/v1/models", httpVersion: "HTTP/1.1", headers: [] };

/** Replays one response and returns what curl printed of it, and what the program said. */
async function replayed(
  response: object | null,
): Promise<{ readonly answer: string; readonly stderr: string }> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-replay-" });
  try {
    const file = join(directory, "in.har");
    const entry = {
      startedDateTime: "2026-11-27T08:00:00.000Z",
      time: 0,
      request: REQUEST,
      response,
      timings: {},
    };
    await Deno.writeTextFile(file, JSON.stringify({ log: { version: "1.2", entries: [entry] } }));
    const command = ["sh", "-c", 'curl -s -i -m 20 "$OPENAI_BASE_URL/models"'];
    const run = await culvert(["replay", file, "--speed", "none", "--", ...command]);
    assertEquals(run.code, 0);
    return { answer: run.stdout, stderr: run.stderr };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const content = { size: 2, mimeType: "text/plain", text: "hi" };

for (
  const [what, response, status, body] of [
    [
      "fields that cannot be sent",
      {
        status: 200,
        headers: [
          { name: "bad name", value: "x" },
          { name: "split", value: "a\r\nInjected: 1" },
          { name: "x-kept", value: "yes" },
        ],
        content,
      },
      "200",
      "hi",
    ],
    ["a reason phrase that cannot be sent", { status: 200, statusText: "密\u0001", content }, "200", "hi"],
    [
      "text marked as base64",
      {
        status: 200,
        content: { ...content, encoding: "base64", text: "!!!" },
      },
      "200",
      "!!!",
    ],
    ["a status of three digits that is not final", { status: 103, content }, "502", "not that of a final"],
    ["a status of four digits", { status: 1000, content }, "502", "not that of a final"],
    [
      "events in a response without a body",
      {
        status: 204,
        content: { size: 1, mimeType: "text/event-stream", text: "data: {}\n\n" },
      },
      "204",
      "",
    ],
    ["no response", null, "501", "not_recorded"],
    ["a response without a status", { status: null, content }, "501", "not_recorded"],
  ] as const
) {
  Deno.test({
    ...skippedIf(ON_WINDOWS, `a HAR file with ${what} is replayed without a failure`),
    fn: async () => {
      const { answer, stderr } = await replayed(response);
      assertEquals(answer.slice(0, 12), `HTTP/1.1 ${status}`);
      assertIncludes(answer, body);
      assertEquals(/injected/i.test(answer), false);
      // Each line is the program's own: no stack of the runtime.
      for (const line of stderr.trim().split("\n")) assertEquals(line.startsWith("culvert: "), true, line);
    },
  });
}

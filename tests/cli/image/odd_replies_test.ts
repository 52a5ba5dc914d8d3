/** Replies of a server that have the form of the API and cannot be right, and input that is no input. */
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { runIn, workplace } from "../../support/on_path.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";

/** Runs a command against a server that answers every request with this. */
async function against(reply: Response, args: readonly string[], limitMs = 30_000) {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => reply.clone(),
  );
  const config = ["-C", `openai_base_url="http://127.0.0.1:${server.addr.port}/v1"`];
  return await culvert([...args, ...config], { env: { CULVERT_API_KEY: "sk-odd-0123456789" }, limitMs });
}

for (
  const [what, data] of [["no image", []], ["an image without content", [{ b64_json: "" }]]] as const
) {
  Deno.test(`a reply with ${what} fails`, async () => {
    const run = await against(Response.json({ created: 1, data }), ["image", "a river", "-o", "never.png"]);
    assertEquals([run.code, run.stdout], [8, ""]);
    assertIncludes(run.stderr, "data");
  });
}

Deno.test("a number of memories that differs from the number of traces fails", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const file = join(directory, "session.jsonl");
    await Deno.writeTextFile(file, '{"type":"message"}\n');
    const run = await against(Response.json({ output: [] }), ["memories", file]);
    assertEquals([run.code, run.stdout], [8, ""]);
    assertIncludes(run.stderr, "there are not 1 memories");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a refusal whose message repeats a phrase many times is classified in linear time", async () => {
  const body = { error: { message: "country, region or territory ".repeat(20_000) } };
  const run = await against(Response.json(body, { status: 403 }), ["image", "a river"], 20_000);
  assertEquals(run.code, 4, run.stderr);
});

Deno.test("a pause that exceeds the limit of a timer does not end immediately", async () => {
  const { sleep } = await import("../../../lib/world/sleep.ts");
  const stop = new AbortController();
  const end = sleep(2 ** 40, stop.signal).then(() => "over", () => "stopped");
  await new Promise((resolve) => setTimeout(resolve, 50));
  stop.abort();
  assertEquals(await end, "stopped");
});

for (const command of ["respond -", "image -", "search", "compact -", "transcribe -", "realtime --sdp -"]) {
  Deno.test(
    skippedIf(
      ON_WINDOWS,
      `culvert ${command} with a directory as standard input exits 2 with a message about it`,
    ),
    async () => {
      await using place = await workplace();
      const [name, ...rest] = command.split(" ");
      const run = await runIn(place, "sh", ["-c", `culvert ${name} --provider demo ${rest.join(" ")} < /`]);
      assertEquals([run.code, run.stdout], [2, ""], run.stderr);
      assertIncludes(run.stderr, "directory");
    },
  );
}

Deno.test("an empty prompt, and a conversation that does not exist, exit 2 before anything is sent", async () => {
  const outputs = await Deno.makeTempFile();
  await Deno.writeTextFile(outputs, '{"call_id": "call_1", "output": "x"}');
  const none = "none-of-that-name";
  for (
    const [args, says] of [
      [["respond", ""], "The prompt is empty"],
      [["respond", " "], "The prompt is empty"],
      [["search", ""], "empty"],
      [["image", ""], "empty"],
      [["compact", "--conversation", none], `There is no conversation "${none}"`],
      [["respond", "--conversation", none, "--tool-output", outputs], "is empty"],
    ] as const
  ) {
    const [name = "", ...rest] = args;
    const run = await culvert([name, "--provider", "demo", ...rest]);
    assertEquals([run.code, run.stdout], [2, ""], `${args.join(" ")}: ${run.stderr}`);
    assertIncludes(run.stderr, says);
  }
  await Deno.remove(outputs);
});

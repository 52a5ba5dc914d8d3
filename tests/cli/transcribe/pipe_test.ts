/** Audio that comes from a pipe, while it is still open. */
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { startCulvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { scene, speech, spoken } from "./kit.ts";

Deno.test("the text of a live stream comes while the stream is open", async () => {
  await using here = await scene();
  const child = startCulvert(["transcribe", "--base-url", here.api.baseUrl, "-"], { env: here.env });
  const input = child.stdin.getWriter();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const wav = speech([1.2, 0.8]);
  new DataView(wav.buffer).setUint32(40, 0xffffffff, true);
  await input.write(wav);
  let text = "";
  while (!text.includes("\n")) text += (await output.read()).value ?? "";
  assertEquals(text, "one two three\n");
  await input.write(spoken([0.8]));
  await input.close();
  for (let read = await output.read(); !read.done; read = await output.read()) text += read.value;
  assertEquals(text, "one two three\nfour five\n");
  assertEquals(await new Response(child.stderr).text(), "");
  assertEquals((await child.status).code, 0);
});

Deno.test("a server that takes no more audio stops the reading of the input", async () => {
  await using here = await scene();
  here.api.realtime.enqueue({ stallAfterMs: 1_000 });
  const config = `[model_providers.slow]
name = "slow"
base_url = "${here.api.baseUrl}"
env_key = "CULVERT_API_KEY"
stream_idle_timeout_ms = 2000
`;
  await Deno.writeTextFile(join(here.directory, "config.toml"), config);
  const child = startCulvert(["transcribe", "--provider", "slow", "--raw", "24000", "-"], {
    env: { ...here.env, CODEX_HOME: here.directory },
  });
  let taken = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      taken += 65_536;
      controller.enqueue(new Uint8Array(65_536));
    },
  });
  // The pipe breaks when the program ends.
  const feeding = endless.pipeTo(child.stdin).catch(() => {});
  const { code, stderr } = await child.output();
  await feeding;
  assertEquals(code, 5);
  assertIncludes(new TextDecoder().decode(stderr), "was silent for 2000 ms");
  // What the buffers of the system hold, and no more: at its pace the program reads 100 MB in this time.
  assert(taken < 24 * 1024 * 1024, `${taken} bytes were taken`);
});

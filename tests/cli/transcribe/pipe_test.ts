/** Audio that comes from a pipe, while it is still open. */
import { assertEquals } from "../../support/assert.ts";
import { startCulvert } from "../../support/culvert.ts";
import { scene, speech, spoken } from "./kit.ts";

Deno.test("the text of a live stream is printed while the stream is open", async () => {
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

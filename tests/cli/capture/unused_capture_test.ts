import { removeUnusedCapture } from "../../../lib/cli/capture/unused_capture.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";

Deno.test("a file of an unused capture that cannot be removed is reported, and missing and foreign files are not", async () => {
  const directory = await Deno.makeTempDir({ prefix: "culvert-unused-" });
  try {
    const foreign = join(directory, "notes.txt");
    await Deno.writeTextFile(foreign, "mine");
    await Deno.writeTextFile(join(directory, "capture.jsonl"), "");
    const messages: string[] = [];
    const files = [join(directory, "keys.log"), join(foreign, "traffic.pcapng")];
    await removeUnusedCapture(directory, { isNew: true, files }, ({ message }) => messages.push(message));
    assertEquals((await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name), ["notes.txt"]);
    assertEquals(messages.length, 1);
    assertIncludes(messages.join(), `Cannot remove ${files[1]}`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

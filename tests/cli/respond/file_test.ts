import { unlessLacking } from "../../support/runtime_abilities.ts";
import { startNetwork } from "../../../lib/mock/network.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { bench } from "./kit.ts";

Deno.test("respond --file uploads each file and names it in the prompt, and an API key uploads to the platform", async () => {
  await using place = await bench();
  const [one, two] = [join(place.directory, "one.txt"), join(place.directory, "two.txt")];
  await Deno.writeTextFile(one, "first");
  await Deno.writeTextFile(two, "second");
  const { code, stderr } = await place.respond(["--file", one, "--file", two, "Compare them"]);
  assertEquals(code, 0, stderr);
  const uploads = place.api.log.all.filter(({ path }) => path === "/v1/files");
  assertEquals(uploads.length, 2);
  const [first] = uploads;
  assertEquals(first?.headers["content-length"], String(first?.bytes.length));
  const form = await new Response(first?.bytes, {
    headers: { "content-type": first?.headers["content-type"] ?? "" },
  }).formData();
  const file = form.get("file");
  assert(file instanceof File);
  assertEquals([form.get("purpose"), file.name, await file.text()], ["user_data", "one.txt", "first"]);
  const input = JSON.stringify(place.api.log.turns[0]?.json?.["input"]);
  assertEquals(input.match(/"type":"input_file","file_id":"file-/g)?.length, 2);
});

Deno.test(
  unlessLacking("respond --file with a login uploads through proxy and interception to the storage service"),
  async () => {
    const path = join(await Deno.makeTempDir({ prefix: "culvert-file-" }), "note.txt");
    await Deno.writeTextFile(path, "hello");
    const run = await culvert(["respond", "--provider", "demo", "--file", path, "-vv", "Summarize"]);
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stderr, "PUT files.culvert.test:443");
  },
);

Deno.test("respond --file with a missing file sends nothing, and a dry run uploads nothing", async () => {
  await using network = await startNetwork();
  const missing = await culvert(["respond", "--file", "/none/of/this", "hi"], { env: network.env });
  assertEquals(missing.code, 2);
  assertIncludes(missing.stderr, "Cannot read /none/of/this: no such file or directory");
  const path = join(network.directory, "note.txt");
  await Deno.writeTextFile(path, "hello");
  const dry = await culvert(["respond", "--file", path, "--dry-run", "hi"], { env: network.env });
  assertIncludes(dry.stdout, '"file_id": "FILE-ID-OF-THE-UPLOAD"');
  assertEquals(network.api.log.all.length, 0);
});

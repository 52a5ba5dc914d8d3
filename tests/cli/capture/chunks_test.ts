/** `culvert capture --raw-chunks`. */
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { captureScene, CURL_TURN } from "./kit.ts";

Deno.test("--raw-chunks records time and size of each chunk on the wire, and no bytes if secrets are redacted", async () => {
  await using scene = await captureScene({
    api: { scenario: { text: ["One ", "two ", "three."], gapMs: 120, compression: "gzip" } },
  });
  const run = await scene.capture(["--raw-chunks"], `${CURL_TURN} --compressed "$BASE/responses"`);
  assertEquals(run.code, 0, run.stderr);
  assertIncludes(run.stdout, "response.completed");
  const records = await scene.records();
  const chunks = records.filter(({ kind }) => kind === "http.chunk");
  const received = chunks.filter(({ dir }) => dir === "receive");
  assert(chunks.some(({ dir }) => dir === "send") && received.length >= 3, JSON.stringify(chunks));
  const end = records.find(({ kind }) => kind === "http.end");
  const sizes = received.map(({ size }) => Number(size));
  assertEquals(sizes.reduce((all, size) => all + size, 0), Object(end?.["sizes"]).response_wire);
  assertEquals(
    received.map(({ offset }) => offset),
    sizes.map((_, index) => sizes.slice(0, index).reduce((all, size) => all + size, 0)),
  );
  assertEquals(chunks.filter(({ data }) => data !== undefined), []);
  // An event has the time of the chunk that completed it.
  const times = new Set(received.map(({ t_ms }) => t_ms));
  const events = records.filter(({ kind }) => kind === "sse.event");
  assert(events.every(({ t_ms }) => times.has(t_ms)));
});

Deno.test("--raw-chunks with --redact none records the bytes of the wire", async () => {
  await using scene = await captureScene({ api: { scenario: { compression: "gzip" } } });
  const run = await scene.capture(
    ["--raw-chunks", "--redact", "none"],
    `${CURL_TURN} --compressed "$BASE/responses"`,
  );
  assertEquals(run.code, 0, run.stderr);
  const received = (await scene.records()).filter(({ kind, dir }) =>
    kind === "http.chunk" && dir === "receive"
  );
  const wire = received.flatMap(({ data }) => [...Uint8Array.fromBase64(String(data))]);
  const stream = new Blob([new Uint8Array(wire)]).stream().pipeThrough(new DecompressionStream("gzip"));
  assertEquals(await new Response(stream).text(), run.stdout);
  // An export redacts what it can, and leaves out bytes in which nothing can be found.
  const lines = await culvert(["export", scene.directory, "--format", "jsonl"]);
  const chunks = jsonLines(lines.stdout).filter(({ kind }) => kind === "http.chunk");
  assert(chunks.length > 0 && chunks.every(({ data }) => data === undefined));
  const whole = await culvert(["export", scene.directory, "--format", "jsonl", "--redact", "none"]);
  assert(jsonLines(whole.stdout).some(({ kind, data }) => kind === "http.chunk" && data !== undefined));
});

Deno.test("without --raw-chunks no chunks are recorded", async () => {
  await using scene = await captureScene();
  const run = await scene.capture([], `${CURL_TURN} "$BASE/responses"`);
  assertEquals(run.code, 0, run.stderr);
  assertExcludes(JSON.stringify(await scene.records()), "http.chunk");
});

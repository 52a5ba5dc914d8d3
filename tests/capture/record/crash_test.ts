import { CaptureReader } from "../../../lib/capture/record/read/capture_reader.ts";
import { ExchangeTable, requestBody } from "../../../lib/capture/record/read/exchanges.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { fromFileUrl, join } from "../../support/paths.ts";

const PROGRAM = fromFileUrl(new URL("endless_recording.ts", import.meta.url));

Deno.test("after kill -9 at 30 random points every record before it can be read", async () => {
  const parent = await Deno.makeTempDir({ prefix: "culvert-crash-" });
  try {
    let torn = 0;
    // Six processes at a time: most of the time of each is its start.
    for (let round = 0; round < 5; round++) {
      const runs = Array.from(
        { length: 6 },
        (_, index) => killedRecording(join(parent, `${round}-${index}`)),
      );
      for (const isTorn of await Promise.all(runs)) if (isTorn) torn++;
    }
    assert(torn <= 30);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

/** Records until it is killed, then reads what is there. */
async function killedRecording(directory: string): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", PROGRAM, directory],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const output = child.stdout.getReader();
  // The first byte says that the recording runs.
  await output.read();
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 120));
  child.kill("SIGKILL");
  await child.status;
  await output.cancel();
  using reader = await CaptureReader.open(directory);
  const table = new ExchangeTable();
  let last = -1;
  for (const record of reader.records()) {
    assert(record.seq > last, "the records are in their order");
    last = record.seq;
    table.add(record);
  }
  assertEquals(reader.damagedLines, 0);
  assert(table.exchanges.length > 0);
  for (const exchange of table.exchanges) {
    const text = reader.text(requestBody(exchange));
    if (text !== undefined) assertEquals(JSON.parse(text).input.length > 0, true);
    for (const event of exchange.events) assert(JSON.parse(reader.text(event) ?? "").type !== undefined);
  }
  return reader.isTorn;
}

Deno.test("a capture whose last line is cut off is read up to it, wherever it was cut", async () => {
  const { pass, record } = await import("./recording_kit.ts");
  await using recording = await record();
  for (let n = 0; n < 3; n++) {
    pass(recording, { requestBody: JSON.stringify({ input: [{ n, text: "t".repeat(600) }] }) });
  }
  await recording.recorder.close();
  const path = join(recording.directory, "capture.jsonl");
  const whole = await Deno.readFile(path);
  for (let length = 1; length < whole.length; length += 37) {
    await Deno.writeFile(path, whole.subarray(0, length));
    using reader = await CaptureReader.open(recording.directory);
    for (const record of reader.records()) {
      if ("body" in record) assert(reader.text(record.body) !== undefined);
    }
    assertEquals(reader.damagedLines, 0);
    assertEquals(reader.isTorn, whole[length - 1] !== 0x0a);
  }
});

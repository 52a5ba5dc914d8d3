import { CaptureReader } from "../../../lib/capture/record/read/capture_reader.ts";
import { ExchangeTable, requestBody } from "../../../lib/capture/record/read/exchanges.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { startCaptureRelay } from "../../support/capture_relay.ts";
import { join } from "../../support/paths.ts";
import { nodeOrigin } from "../../net/server/kit.ts";

const EVENTS = 20;

/** Maximum number of bytes after which a capture is killed. A time limit would depend on the load of the machine. */
const LONGEST_CAPTURE = 300_000;

/** A server that answers each request immediately with an event stream, in two writes. */
function origin() {
  return nodeOrigin((request, response) => {
    request.resume();
    request.once("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (let half = 0; half < 2; half++) {
        const events = Array.from(
          { length: EVENTS / 2 },
          (_, n) => `data: {"type":"response.output_text.delta","n":${n}}\n\n`,
        );
        response.write(events.join(""));
      }
      response.end();
    });
  });
}

Deno.test("after kill -9 of capture at 30 random points every record before it can be read", async () => {
  const parent = await Deno.makeTempDir({ prefix: "culvert-crash-" });
  try {
    await using server = await origin();
    const ends: string[] = [];
    // Five processes at a time, because each spends most of its time on its start.
    for (let round = 0; round < 6; round++) {
      const runs = Array.from(
        { length: 5 },
        (_, index) => killedCapture(server.port, join(parent, `${round}-${index}`)),
      );
      ends.push(...await Promise.all(runs));
    }
    assertEquals(ends.length, 30);
    // The moments are random: the captures have different lengths.
    assert(new Set(ends).size > 20, ends.join());
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

/** Runs a capture, kills it and reads its records. @returns the number of records, and the kind of the last one */
async function killedCapture(port: number, directory: string): Promise<string> {
  await using relay = await startCaptureRelay(`http://127.0.0.1:${port}/v1`, directory);
  const clients = Promise.allSettled([client(relay.url), client(relay.url), client(relay.url)]);
  await recorded(directory, Math.random() * LONGEST_CAPTURE);
  relay.process.kill("SIGKILL");
  await relay.process.status;
  await clients;
  using reader = await CaptureReader.open(directory);
  const table = new ExchangeTable();
  let last = -1;
  let end = "";
  for (const record of reader.records()) {
    assert(record.seq > last, "the records are in their order");
    last = record.seq;
    end = `${record.seq} ${record.kind}${reader.damage.is_torn ? " torn" : ""}`;
    table.add(record);
  }
  assertEquals(reader.damage.damaged_lines, 0);
  assert(table.exchanges.length > 0);
  for (const exchange of table.exchanges) {
    const text = reader.text(requestBody(exchange));
    if (text !== undefined) assert(JSON.parse(text).input.length > 0);
    for (const event of exchange.events) {
      assertEquals(JSON.parse(reader.text(event) ?? "").type, "response.output_text.delta");
    }
    // An exchange that has ended is complete.
    if (exchange.end?.outcome === "ok") {
      assertEquals(exchange.events.length, EVENTS);
      assert(text !== undefined);
    }
  }
  return end;
}

/** Sends requests with a history that grows, some items long enough for a separate file, until a request fails. */
async function client(url: string): Promise<void> {
  const input: unknown[] = [];
  for (let turn = 0;; turn++) {
    const text = `${turn} ${Math.random()} ${"text ".repeat(turn % 7 === 0 ? 20_000 : 50)}`;
    input.push({ type: "message", text });
    const body = JSON.stringify({ model: "gpt-5", input: input.slice(-40) });
    const reply = await fetch(`${url}/responses`, { method: "POST", body });
    await reply.text();
  }
}

/** Waits until more than `size` bytes of records are on disk, 20 s at most. */
async function recorded(directory: string, size: number): Promise<void> {
  const path = join(directory, "capture.jsonl");
  for (const begin = performance.now(); performance.now() - begin < 20_000;) {
    if (await Deno.stat(path).then((file) => file.size > size, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`No ${Math.round(size)} bytes were recorded within 20 s`);
}

Deno.test("a capture whose last line is truncated is read up to that line, for every length of the rest", async () => {
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
    assertEquals(reader.damage.damaged_lines, 0);
    assertEquals(reader.damage.is_torn, whole[length - 1] !== 0x0a);
  }
});

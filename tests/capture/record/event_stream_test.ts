/** Recorded event streams: their bytes can be restored, and an unusual event does not fill the record. */
import { blockText } from "../../../lib/capture/record/decode/sse_splitter.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { bytesOf, pass, record, sizeOnDisk } from "./recording_kit.ts";

const STREAM = ["content-type", "text/event-stream"];

Deno.test("an event stream is recorded so that its bytes can be restored", async () => {
  const stream = [
    "\ufeffdata: first\n\n",
    ": a comment\n\n",
    "event: named\r\nid: 7\r\nretry: 250\r\ndata: one\r\ndata: two\r\n\r\n",
    "\n\ndata:without blank\n\n",
    "data: cr\rdata: only\r\r",
    'data: {"type":"x"}\nunknown: field\n\n',
    "event: no-data\n\n",
    "data: cut off",
  ].join("");
  await using recording = await record();
  pass(recording, {
    responseHeaders: STREAM,
    response: [...bytesOf(stream)].map((byte) => new Uint8Array([byte])),
  });
  using capture = await recording.load();
  const events = capture.exchanges[0]?.events ?? [];
  const text = events.map((event) =>
    event.raw ?? blockText({
      event: event.event,
      data: capture.text(event) ?? "",
      ...(event.event_id === undefined ? {} : { id: event.event_id }),
      ...(event.retry === undefined ? {} : { retry: event.retry }),
    })
  );
  assertEquals(text.join(""), stream);
  assertEquals(events.map(({ event }) => event), [
    "message",
    ":",
    "named",
    "message",
    "message",
    "message",
    ":",
    "message",
  ]);
  assertEquals(capture.text(events[2]), "one\ntwo");
  assertEquals(events.at(-1)?.incomplete, true);
  assertEquals(events.reduce((total, { size }) => total + size, 0), bytesOf(stream).length);
});

Deno.test("an event of an unusual form adds at most its own text up to 1 MiB to the line of its record", async () => {
  await using recording = await record();
  pass(recording, {
    responseHeaders: ["Content-Type", "text/event-stream"],
    response: [`unknown: ${"\0".repeat(4_000_000)}\ndata: x\n\n`, "unknown: short\ndata: y\n\n"],
  });
  using capture = await recording.load();
  const events = capture.exchanges[0]?.events ?? [];
  assertEquals(events.map((event) => [capture.text(event), event.raw]), [
    ["x", undefined],
    ["y", "unknown: short\ndata: y\n\n"],
  ]);
  assert(await sizeOnDisk(recording.directory) < 100_000);
});

Deno.test("long names, types and ids of an event are cut at 64 Ki in the line of its record", async () => {
  const long = "\0x".repeat(500_000);
  const json = JSON.stringify({ id: 1, type: long, response: { id: long, model: long } });
  for (const redaction of ["safe", "none"] as const) {
    await using recording = await record({ redaction });
    pass(recording, {
      responseHeaders: STREAM,
      response: [`event: ${long}\nid: ${long.replaceAll("\0", "-")}\ndata: ${json}\n\n`, "data: next\n\n"],
    });
    using capture = await recording.load();
    const [event, next] = capture.exchanges[0]?.events ?? [];
    assert(event !== undefined && next !== undefined);
    assertEquals([event.event, event.event_id, event.json_type].map((text) => text?.length), [
      65_537,
      65_537,
      65_537,
    ]);
    assertEquals(capture.text(next), "next");
    const lines = (await Deno.readTextFile(join(recording.directory, "capture.jsonl"))).split("\n");
    assert(Math.max(...lines.map(({ length }) => length)) < 3 * 6 * 65_536, "a line is too long");
  }
});

/** The writer of one bundle: order, limits, and a disk that fails or is slow. */
import { createBundle, type TraceFiles } from "../../../../lib/observe/trace/write/bundle/bundle_files.ts";
import {
  BundleWriter,
  type BundleWriterOptions,
} from "../../../../lib/observe/trace/write/bundle/bundle_writer.ts";
import { createRedactor } from "../../../../lib/redaction/redactor.ts";
import { worldWith } from "../../../net/kit.ts";
import { assert, assertEquals, assertIncludes } from "../../../support/assert.ts";
import { join } from "../../../support/paths.ts";
import { bundlesIn, folder, readTrace, wholeText } from "./kit.ts";

const IDS = { traceId: crypto.randomUUID(), threadId: "thread-1", startedAt: 1 };

interface Written {
  readonly writer: BundleWriter;
  readonly failures: string[];
  readonly limits: number[];
}

function writerInto(root: string, over: Partial<BundleWriterOptions> = {}): Written {
  const failures: string[] = [];
  const limits: number[] = [];
  const writer = new BundleWriter({
    threadId: IDS.threadId,
    world: worldWith(),
    create: () => createBundle(root, IDS, "culvert test"),
    redact: createRedactor([], "user"),
    maxBytes: 1024 * 1024,
    onFailure: (reason) => void failures.push(reason),
    onLimit: () => void limits.push(1),
    ...over,
  });
  return { writer, failures, limits };
}

/** Adds a tool call with a payload, which is the smallest event that has one. */
function addCall(writer: BundleWriter, id: string, value: object): void {
  writer.add({ threadId: "thread-1", turnId: "turn-1" }, (store) => ({
    type: "tool_call_ended",
    tool_call_id: id,
    status: "completed",
    result_payload: store.value("tool_result", value),
  }));
}

async function closed({ writer }: Written): Promise<void> {
  writer.close();
  await writer.settled();
}

Deno.test("a payload is complete on disk before the event that refers to it is appended", async () => {
  await using root = await folder();
  const order: string[] = [];
  const files = await createBundle(root.path, IDS, "culvert test");
  const logged: TraceFiles = {
    writeShard: async (number, bytes) => {
      await files.writeShard(number, bytes);
      order.push(`shard ${number}`);
    },
    append: async (lines) => {
      await files.append(lines);
      for (const line of new TextDecoder().decode(lines).trim().split("\n")) {
        order.push(`event ${JSON.parse(line).seq} of shard ${JSON.parse(line).payload.result_payload.shard}`);
      }
    },
    close: files.close,
  };
  const written = writerInto(root.path, { create: () => Promise.resolve(logged) });
  addCall(written.writer, "one", { text: "first" });
  await written.writer.settled();
  addCall(written.writer, "two", { text: "second" });
  await closed(written);
  assertEquals(order, ["shard 1", "event 1 of shard 1", "shard 2", "event 2 of shard 2"]);
});

Deno.test("events that are added concurrently have sequence numbers without gaps, in the order of the file", async () => {
  await using root = await folder();
  const written = writerInto(root.path);
  for (let index = 0; index < 500; index++) addCall(written.writer, `call ${index}`, { index });
  await closed(written);
  const trace = await readTrace(root.path);
  assertEquals(trace.lines.map(({ seq }) => seq), Array.from({ length: 500 }, (_, index) => index + 1));
  assertEquals(trace.all("tool_call_ended").map((event) => event.tool_call_id), [
    ...Array.from({ length: 500 }, (_, index) => `call ${index}`),
  ]);
});

Deno.test("a folder that cannot be created ends the trace with one report", async () => {
  await using root = await folder();
  const file = join(root.path, "file");
  await Deno.writeTextFile(file, "");
  const written = writerInto(join(file, "traces"));
  addCall(written.writer, "one", {});
  await written.writer.settled();
  addCall(written.writer, "two", {});
  await closed(written);
  assertEquals(written.failures.length, 1);
});

Deno.test("a payload that cannot be written omits its event and all later ones, not only the event's payload", async () => {
  await using root = await folder();
  const written = writerInto(root.path);
  addCall(written.writer, "one", {});
  await written.writer.settled();
  const [bundle = ""] = await bundlesIn(root.path);
  await Deno.remove(join(bundle, "payloads"), { recursive: true });
  addCall(written.writer, "two", {});
  await written.writer.settled();
  addCall(written.writer, "three", {});
  await closed(written);
  assertEquals(written.failures.length, 1);
  const lines = (await Deno.readTextFile(join(bundle, "trace.jsonl"))).trim().split("\n");
  assertEquals(lines.length, 1);
});

Deno.test("a disk that never answers delays no caller, and ends the trace when too many events wait", async () => {
  const written = writerInto("", { create: () => new Promise(() => {}) });
  for (let index = 0; index < 20_000; index++) addCall(written.writer, "call", {});
  assertEquals(written.failures.length, 1);
  assertIncludes(written.failures[0] ?? "", "wait to be written");
  await Promise.resolve();
});

Deno.test("text above max_payload_bytes is truncated, and the event reports the remaining length", async () => {
  await using root = await folder();
  const written = writerInto(root.path, { maxPayloadBytes: 100 });
  addCall(written.writer, "one", { short: "kept", long: "ä".repeat(400), list: [{ deep: "x".repeat(300) }] });
  await closed(written);
  const trace = await readTrace(root.path);
  const reference = trace.one("tool_call_ended").result_payload;
  assertEquals(reference?.parts?.map(({ capture, kind }) => [kind.type, capture]), [
    ["content_value", { status: "truncated", original_bytes: 802, retained_bytes: 99 }],
    ["content_value", { status: "truncated", original_bytes: 302, retained_bytes: 100 }],
  ]);
  const text = await wholeText(trace.bundle.path);
  assertIncludes(text, `"short\\":\\"kept\\"`);
  assert(!text.includes("ä".repeat(50)));
});

Deno.test("a payload that would exceed max_bytes is omitted, its event is written, and this is reported once", async () => {
  await using root = await folder();
  const written = writerInto(root.path, { maxBytes: 20_000 });
  const noise = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(6_000)), (byte) => byte.toString(16)).join("");
  for (const id of ["one", "two", "three", "four"]) {
    addCall(written.writer, id, { noise: noise() });
    await written.writer.settled();
  }
  addCall(written.writer, "small", { fits: true });
  await closed(written);
  assertEquals(written.limits.length, 1);
  const trace = await readTrace(root.path);
  const captures = trace.all("tool_call_ended").map((event) => event.result_payload?.capture?.status);
  assertEquals(captures[0], undefined);
  assertEquals(captures[3], "omitted");
  assertEquals(trace.all("tool_call_ended").length, 5);
  assert(await sizeOf(trace.bundle.path) <= 20_000 + 1_000);
});

Deno.test("a log that would exceed max_bytes ends, and the bundle stays readable", async () => {
  await using root = await folder();
  const written = writerInto(root.path, { maxBytes: 5_000 });
  for (let index = 0; index < 100; index++) {
    addCall(written.writer, `call ${index}`, {});
    await written.writer.settled();
  }
  await closed(written);
  assertEquals(written.limits.length, 1);
  const trace = await readTrace(root.path);
  assert(trace.events.length > 3 && trace.events.length < 100);
  assert(await sizeOf(trace.bundle.path) <= 5_000 + 1_000);
});

Deno.test("secrets in payloads and in events are masked, and their JSON remains valid", async () => {
  await using root = await folder();
  const secret = "pl4nted-secret-value";
  const written = writerInto(root.path, { redact: createRedactor([secret], "user") });
  addCall(written.writer, `call ${secret}`, {
    Authorization: `Bearer ${secret}`,
    nested: JSON.stringify({ api_key: secret }),
    "x-oai-attestation": "v1.attestation-value-0123456789abcdef",
  });
  await closed(written);
  const trace = await readTrace(root.path);
  const text = await wholeText(trace.bundle.path);
  assert(!text.includes(secret));
  await trace.payload(trace.one("tool_call_ended").result_payload);
});

async function sizeOf(path: string): Promise<number> {
  let sum = 0;
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    sum += isDirectory ? await sizeOf(join(path, name)) : (await Deno.stat(join(path, name))).size;
  }
  return sum;
}

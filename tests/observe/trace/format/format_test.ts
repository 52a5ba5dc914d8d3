/** The parts of the format of inference traces that reader and writer share. */
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { envelopeSchema, isKnownEvent, lineSchema } from "../../../../lib/observe/trace/format/events.ts";
import { bundleName, idsInBundleName, shardName } from "../../../../lib/observe/trace/format/layout.ts";
import { manifestSchema } from "../../../../lib/observe/trace/format/manifest.ts";
import { decodeRecords, encodeRecord } from "../../../../lib/observe/trace/format/payload_record.ts";

const TRACE_ID = "452c7041-85ee-458c-ba9a-06652096ad80";
const LINE = {
  schema_version: 3,
  seq: 11,
  wall_time_unix_ms: 1_795_736_665_853,
  rollout_id: "thread",
  thread_id: "thread",
  codex_turn_id: null,
};

Deno.test("a line with a known event is read, and its unknown fields are ignored", () => {
  const response_payload = {
    raw_payload_id: "raw_payload:11",
    kind: { type: "inference_response" },
    shard: 1,
    later: true,
  };
  const { payload } = lineSchema.parse({
    ...LINE,
    later: 1,
    payload: { type: "inference_completed", inference_call_id: "call", response_payload, later: 1 },
  });
  const { later: _, ...known } = response_payload;
  assertEquals(payload, {
    type: "inference_completed",
    inference_call_id: "call",
    response_payload: known,
  });
});

Deno.test("an event of an unknown type passes the check of the envelope", () => {
  const { payload } = envelopeSchema.parse({ ...LINE, payload: { type: "from_the_future", id: 7 } });
  assertEquals(payload, { type: "from_the_future", id: 7 });
  assertEquals(isKnownEvent(payload.type), false);
  assertEquals(isKnownEvent("inference_started"), true);
});

Deno.test("a manifest of schema 1, 2 and 3 is accepted, and one of schema 4 is not", () => {
  const manifest = {
    trace_id: TRACE_ID,
    rollout_id: "thread",
    root_thread_id: "thread",
    started_at_unix_ms: 1,
    raw_event_log: "trace.jsonl",
    payloads_dir: "payloads",
  };
  for (const schema_version of [1, 2, 3]) manifestSchema.parse({ ...manifest, schema_version });
  assertThrows(() => manifestSchema.parse({ ...manifest, schema_version: 4 }));
});

Deno.test("records of a shard are decoded up to the truncated one", () => {
  const records = [{ id: "raw_payload:1", json: '{"a":"ü"}' }, { id: "raw_payload:2", json: "[]" }];
  const shard = new Uint8Array(records.flatMap((record) => [...encodeRecord(record)]));
  assertEquals([...decodeRecords(shard)], records);
  assertEquals([...decodeRecords(shard.subarray(0, shard.length - 1))], records.slice(0, 1));
  const reading = decodeRecords(shard.subarray(0, 5));
  assertEquals(reading.next(), { done: true, value: { isTorn: true } });
});

Deno.test("the name of a bundle contains the ids of its trace and of its thread", () => {
  const name = bundleName(TRACE_ID, "01a21a3e-fe36");
  assertEquals(idsInBundleName(name), { traceId: TRACE_ID, threadId: "01a21a3e-fe36" });
  assertEquals(idsInBundleName("trace-something-else"), undefined);
  assertEquals(shardName(1), "000001.zst");
});

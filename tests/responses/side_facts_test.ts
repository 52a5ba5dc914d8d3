import type { JsonObject } from "../../lib/responses/events.ts";
import { assertEquals } from "../support/assert.ts";
import { COMPLETED, delta, type Handler, ONCE, type Reading, runScript, stream } from "./kit.ts";

interface Row {
  readonly name: string;
  readonly reply: Handler;
  readonly check: (reading: Reading) => void;
}

/** A stream of side facts around one event, then the end. */
const around = (...events: readonly object[]) => stream([...events, COMPLETED]);

const buffering = (extra: JsonObject = {}) => ({ use_cases: ["cyber"], reasons: ["check"], ...extra });
const FASTER = "x-codex-safety-buffering-faster-model";
const bufferings = (reading: Reading) =>
  reading.of("culvert.safety_buffering").map((event) => event.faster_model);

const ROWS: readonly Row[] = [
  {
    name: "a verification that is known is told once a turn",
    reply: around(
      {
        type: "response.metadata",
        metadata: { openai_verification_recommendation: ["trusted_access_for_cyber"] },
      },
      {
        type: "response.metadata",
        metadata: { openai_verification_recommendation: ["trusted_access_for_cyber"] },
      },
    ),
    check: (reading) => {
      assertEquals(reading.of("culvert.model_verifications").map((event) => event.verifications), [
        ["trusted_access_for_cyber"],
      ]);
      assertEquals(reading.of("culvert.warning"), []);
    },
  },
  {
    name: "a verification that is unknown, or no list, makes no event",
    reply: around(
      { type: "response.metadata", metadata: { openai_verification_recommendation: ["unknown"] } },
      {
        type: "response.metadata",
        metadata: { openai_verification_recommendation: "trusted_access_for_cyber" },
      },
    ),
    check: (reading) => assertEquals(reading.of("culvert.model_verifications"), []),
  },
  {
    name: "moderation facts are passed on verbatim",
    reply: around({
      type: "response.metadata",
      metadata: { openai_chatgpt_moderation_metadata: { a: [1] } },
    }),
    check: (reading) => assertEquals(reading.of("culvert.moderation")[0]?.metadata, { a: [1] }),
  },
  {
    name: "safety buffering on any event is told before it, and nothing is lost",
    reply: around(
      { ...delta("a"), safety_buffering: false },
      { ...delta("b"), safety_buffering: buffering() },
      { ...delta("c"), safety_buffering: buffering() },
      { ...delta("d"), safety_buffering: buffering() },
    ),
    check: (reading) => {
      assertEquals(reading.types.slice(1, 8), [
        "response.output_text.delta",
        "culvert.safety_buffering",
        "response.output_text.delta",
        "culvert.safety_buffering",
        "response.output_text.delta",
        "culvert.safety_buffering",
        "response.output_text.delta",
      ]);
      assertEquals(reading.of("culvert.safety_buffering")[0]?.model, "gpt-test");
    },
  },
  {
    name: "the faster model is the retry_model where the key is there, null included, else the header's",
    reply: stream([
      { ...delta("a"), safety_buffering: buffering() },
      { ...delta("b"), safety_buffering: buffering({ retry_model: null }) },
      { ...delta("c"), safety_buffering: buffering({ retry_model: "gpt-fast" }) },
      COMPLETED,
    ], { [FASTER]: "gpt-head", "x-codex-safety-buffering-enabled": "false" }),
    check: (reading) => assertEquals(bufferings(reading), ["gpt-head", null, "gpt-fast"]),
  },
  {
    name: "safety buffering in the metadata of response.metadata counts, with the header's model",
    reply: stream([
      { type: "response.metadata", metadata: buffering({ type: "safety_buffering" }) },
      COMPLETED,
    ], { [FASTER]: "gpt-head" }),
    check: (reading) => assertEquals(bufferings(reading), ["gpt-head"]),
  },
  {
    name: "a top-level safety_buffering stands before the one in the metadata, even when it says nothing",
    reply: around(
      {
        type: "response.metadata",
        safety_buffering: buffering({ retry_model: "top" }),
        metadata: buffering({ type: "safety_buffering", retry_model: "inner" }),
      },
      ...[false, null, { use_cases: ["cyber"] }].map((safety_buffering) => ({
        type: "response.metadata",
        safety_buffering,
        metadata: buffering({ type: "safety_buffering" }),
      })),
    ),
    check: (reading) => assertEquals(bufferings(reading), ["top"]),
  },
  {
    name: "metadata on another kind of event says nothing",
    reply: around({ type: "codex.response.metadata", metadata: buffering({ type: "safety_buffering" }) }),
    check: (reading) => assertEquals(bufferings(reading), []),
  },
];

for (const { name, reply, check } of ROWS) {
  Deno.test(`side facts: ${name}`, async () => {
    check(await runScript([reply], { provider: ONCE }));
  });
}

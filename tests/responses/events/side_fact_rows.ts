/** Side facts of events: verification, moderation, safety buffering. */
import type { JsonObject } from "../../../lib/responses/events/events.ts";
import { assertEquals } from "../../support/assert.ts";
import { COMPLETED, delta, type EventRow, type Reading } from "../turn/reading.ts";

/** Events, then the end. */
const around = (...events: readonly object[]) => [...events, COMPLETED];

const buffering = (extra: JsonObject = {}) => ({ use_cases: ["cyber"], reasons: ["check"], ...extra });
const FASTER = "x-codex-safety-buffering-faster-model";
const bufferings = (reading: Reading) =>
  reading.of("culvert.safety_buffering").map((event) => event.faster_model);

/** Side facts, and the events that report them. */
export const SIDE_FACT_ROWS: readonly EventRow[] = [
  {
    name: "a known verification is reported once per turn",
    events: around(
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
    name: "an unknown verification, or one that is not a list, causes no event",
    events: around(
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
    events: around({
      type: "response.metadata",
      metadata: { openai_chatgpt_moderation_metadata: { a: [1] } },
    }),
    check: (reading) => assertEquals(reading.of("culvert.moderation")[0]?.metadata, { a: [1] }),
  },
  {
    name: "safety buffering on any event is reported before that event",
    events: around(
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
    name: "the faster model is the retry_model if the key is present, even with null, otherwise the header's",
    events: [
      { ...delta("a"), safety_buffering: buffering() },
      { ...delta("b"), safety_buffering: buffering({ retry_model: null }) },
      { ...delta("c"), safety_buffering: buffering({ retry_model: "gpt-fast" }) },
      COMPLETED,
    ],
    headers: { [FASTER]: "gpt-head", "x-codex-safety-buffering-enabled": "false" },
    check: (reading) => assertEquals(bufferings(reading), ["gpt-head", null, "gpt-fast"]),
  },
  {
    name: "safety buffering in the metadata of response.metadata counts, with the header's model",
    events: [
      { type: "response.metadata", metadata: buffering({ type: "safety_buffering" }) },
      COMPLETED,
    ],
    headers: { [FASTER]: "gpt-head" },
    check: (reading) => assertEquals(bufferings(reading), ["gpt-head"]),
  },
  {
    name: "a top-level safety_buffering takes precedence over the one in the metadata, even if it is empty",
    events: around(
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
    name: "metadata on another kind of event is ignored",
    events: around({ type: "codex.response.metadata", metadata: buffering({ type: "safety_buffering" }) }),
    check: (reading) => assertEquals(bufferings(reading), []),
  },
];

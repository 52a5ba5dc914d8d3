import type { CulvertError } from "../../../lib/errors.ts";
import { realtimeVersion } from "../../../lib/realtime/protocol/protocol_version.ts";
import { type ConversationSession, sessionObject } from "../../../lib/realtime/protocol/session_update.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";

const FORMAT = { type: "audio/pcm", rate: 24_000 };

function conversation(more: Partial<ConversationSession> = {}): ConversationSession {
  return { mode: "conversation", version: "v2", instructions: "Be brief.", ...more };
}

function refuses(session: ConversationSession, says: RegExp): void {
  assertThrows(
    () => sessionObject(session),
    (error: CulvertError) => error.code === "usage" && says.test(error.message),
  );
}

Deno.test("a conversation of v2 has the exact session object of the protocol", () => {
  const session = sessionObject(conversation());
  const { tools, ...others } = session;
  assertEquals(others, {
    type: "realtime",
    instructions: "Be brief.",
    output_modalities: ["audio"],
    audio: {
      input: {
        format: FORMAT,
        noise_reduction: { type: "near_field" },
        transcription: { model: "gpt-4o-mini-transcribe" },
        turn_detection: {
          type: "server_vad",
          interrupt_response: true,
          create_response: true,
          silence_duration_ms: 500,
        },
      },
      output: { format: FORMAT, voice: "marin" },
    },
    tool_choice: "auto",
  });
  assert(Array.isArray(tools));
  assertEquals(tools.map(({ type, name }) => [type, name]), [
    ["function", "background_agent"],
    ["function", "remain_silent"],
  ]);
  assertEquals(tools[0].parameters.required, ["prompt"]);
  assertEquals(tools[0].parameters.additionalProperties, false);
  assertEquals(tools[1].parameters.properties, {});
});

Deno.test("a transcription of v2 has no instructions, no output and no tools", () => {
  assertEquals(sessionObject({ mode: "transcription", version: "v2" }), {
    type: "transcription",
    audio: { input: { format: FORMAT, transcription: { model: "gpt-4o-mini-transcribe" } } },
  });
});

Deno.test("v1 has no transcription mode and is sent the session of a conversation", () => {
  assertEquals(sessionObject({ mode: "transcription", version: "v1" }), {
    type: "quicksilver",
    instructions: "",
    audio: { input: { format: FORMAT }, output: { voice: "cove" } },
  });
});

Deno.test("a session of v3 names voice, delegation, model and initial items", () => {
  const initialItems = [{ role: "user", text: "hi" }, { role: "assistant", text: "hello" }] as const;
  assertEquals(
    sessionObject(
      conversation({ version: "v3", voice: "maple", model: "m", acknowledgement: "ok", initialItems }),
    ),
    {
      instructions: "Be brief.",
      audio: { output: { voice: "maple" } },
      delegation: { type: "client", ack_filler: "ok" },
      model: "m",
      initial_items: [
        { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "hello" }] },
      ],
    },
  );
});

Deno.test("an option that a version does not have is refused before a connection is opened", () => {
  refuses(conversation({ voice: "cove" }), /v2 has no voice cove/);
  refuses(conversation({ version: "v1", voice: "marin" }), /v1 has no voice marin/);
  refuses(conversation({ version: "v1", output: "text" }), /v1 answers only in audio/);
  refuses(conversation({ initialItems: [] }), /v2 does not accept initial items/);
  const many = Array.from({ length: 129 }, () => ({ role: "user", text: "x" } as const));
  refuses(conversation({ version: "v3", initialItems: many }), /initial items are 129/);
  const long = [{ role: "user", text: "x".repeat(4 * 8_193) }] as const;
  refuses(conversation({ version: "v3", initialItems: long }), /8193 tokens/);
  assertThrows(() => realtimeVersion("v4"), (error: CulvertError) => error.code === "usage");
});

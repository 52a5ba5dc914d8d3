import {
  audioAppend,
  textChunks,
  textFrames,
  toolOutputFrames,
} from "../../../lib/realtime/protocol/client_frames.ts";
import type { RealtimeVersion } from "../../../lib/realtime/protocol/protocol_version.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const VERSIONS: readonly RealtimeVersion[] = ["v1", "v2", "v3"];

Deno.test("audio is appended as base64 under the name of the version", () => {
  const frames = VERSIONS.map((version) => JSON.parse(audioAppend(version, Uint8Array.of(0, 1, 255, 127))));
  assertEquals(frames, [
    { type: "input_audio_buffer.append", audio: "AAH/fw==" },
    { type: "input_audio_buffer.append", audio: "AAH/fw==" },
    { type: "input_audio.append", audio: "AAH/fw==" },
  ]);
});

Deno.test("a text is a message in v1 and v2, and a part of the context in v3", () => {
  const user = { role: "user", text: "hi" } as const;
  const item = { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] };
  assertEquals(VERSIONS.map((version) => textFrames(version, user).map((frame) => JSON.parse(frame))), [
    [{ type: "conversation.item.create", item }],
    [{ type: "conversation.item.create", item }],
    [{ type: "session.context.append", content: [{ type: "input_text", text: "hi" }] }],
  ]);
  const [assistant = ""] = textFrames("v2", { role: "assistant", text: "yes" });
  assertEquals(JSON.parse(assistant).item.content, [{ type: "output_text", text: "yes" }]);
});

Deno.test("the answer to a handoff has the form of the version; v1 marks the final one", () => {
  const output = { id: "call_1", text: "done", isFinal: true };
  assertEquals(
    VERSIONS.map((version) => toolOutputFrames(version, output).map((frame) => JSON.parse(frame))),
    [
      [{
        type: "conversation.handoff.append",
        handoff_id: "call_1",
        output_text: '"Agent Final Message":\n\ndone',
      }],
      [{
        type: "conversation.item.create",
        item: { type: "function_call_output", call_id: "call_1", output: "done" },
      }],
      [{
        type: "delegation.context.append",
        delegation_item_id: "call_1",
        content: [{ type: "input_text", text: "done" }],
      }],
    ],
  );
});

for (
  const [name, text] of [["1,201 ASCII characters", "x".repeat(1_201)], [
    "200 emoji",
    "😀".repeat(200),
  ]] as const
) {
  Deno.test(`${name} of v3 are sent in pieces of at most 500 bytes that join to the same text`, () => {
    const chunks = textChunks(text);
    assertEquals(chunks.join(""), text);
    const sizes = chunks.map((chunk) => new TextEncoder().encode(chunk).length);
    assert(sizes.every((size) => size <= 500), String(sizes));
    assertEquals(chunks.length, Math.ceil(new TextEncoder().encode(text).length / 500));
    assertEquals(textFrames("v3", { role: "user", text }, "speakable").length, chunks.length);
  });
}

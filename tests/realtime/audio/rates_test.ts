import { openAudio } from "../../../lib/realtime/audio/audio_source.ts";
import { assert } from "../../support/assert.ts";
import { inPieces } from "./bytes.ts";
import { wavFile } from "./wav_kit.ts";

Deno.test("the lowest and the highest rate are converted in chunks of limited size", async () => {
  for (const rate of [1_000, 768_000]) {
    const file = wavFile({ bits: 8, rate, data: new Uint8Array(200_000).fill(128) });
    const { pcm } = await openAudio(inPieces(file), { name: "speech.wav", rate: 24_000 });
    for await (const piece of pcm) {
      assert(piece.length <= 2 * 65_536 + 200, `${piece.length} bytes at ${rate} Hz`);
    }
  }
});

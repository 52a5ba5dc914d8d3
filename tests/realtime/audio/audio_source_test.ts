import type { CulvertError } from "../../../lib/errors.ts";
import { type AudioOptions, type AudioSource, openAudio } from "../../../lib/realtime/audio/audio_source.ts";
import { assert, assertEquals, assertIncludes, assertRejects } from "../../support/assert.ts";
import { concat, inPieces, integers } from "./bytes.ts";
import { chunk, encoded, wavFile } from "./wav_kit.ts";

async function pcmOf(source: AudioSource): Promise<readonly number[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source.pcm) pieces.push(piece);
  return integers(concat(...pieces));
}

async function read(
  file: Uint8Array,
  options: Partial<AudioOptions> & { readonly pieceBytes?: number } = {},
): Promise<readonly number[]> {
  const { pieceBytes, ...others } = options;
  return await pcmOf(
    await openAudio(inPieces(file, pieceBytes), { name: "speech.wav", rate: 24_000, ...others }),
  );
}

async function refusal(file: Uint8Array, name = "speech.wav"): Promise<CulvertError> {
  let seen: CulvertError | undefined;
  await assertRejects(openAudio(inPieces(file), { name, rate: 24_000 }), (error: CulvertError) => {
    seen = error;
    return error.code === "input_unreadable";
  });
  assert(seen !== undefined);
  return seen;
}

const SAMPLES = [0, 0.25, -0.5, 1, -1, 0.1];

Deno.test("16-bit samples at the rate of the session are passed on unchanged", async () => {
  const data = new Uint8Array(Int16Array.of(0, 1, -1, 32_767, -32_768, 12_345).buffer);
  assertEquals(await read(wavFile({ bits: 16, data })), [0, 1, -1, 32_767, -32_768, 12_345]);
});

for (const bits of [8, 16, 24, 32, "float"] as const) {
  Deno.test(`samples of ${bits === "float" ? "32-bit floats" : `${bits} bits`} are read, however the stream is cut`, async () => {
    const file = wavFile({
      bits: bits === "float" ? 32 : bits,
      tag: bits === "float" ? 3 : 1,
      data: encoded(SAMPLES, bits),
    });
    for (const pieceBytes of [1, 7, 4096]) {
      const seen = await read(file, { pieceBytes });
      assertEquals(seen.length, SAMPLES.length);
      seen.forEach((value, index) => {
        const expected = Math.min(32_767, (SAMPLES[index] ?? 0) * 32_768);
        assert(Math.abs(value - expected) <= (bits === 8 ? 257 : 2), `${value} for ${expected}`);
      });
    }
  });
}

Deno.test("the channels of a stereo file are averaged", async () => {
  const data = encoded([0.5, 0.25, -0.5, 0.5, 1, 0], 16);
  const seen = await read(wavFile({ bits: 16, channels: 2, data }), { pieceBytes: 3 });
  assertEquals(seen.map((value) => Math.round(value / 327.68)), [38, 0, 50]);
});

Deno.test("chunks of an odd length before the data are skipped with their padding", async () => {
  const between = [
    chunk("LIST", new Uint8Array(5)),
    chunk("junk", new Uint8Array(3)),
    chunk("fact", new Uint8Array(4)),
  ];
  assertEquals(
    (await read(wavFile({ bits: 16, data: encoded(SAMPLES, 16), between }), { pieceBytes: 2 })).length,
    6,
  );
});

Deno.test("chunks after the data are not read as audio", async () => {
  const file = concat(wavFile({ bits: 16, data: encoded(SAMPLES, 16) }), chunk("LIST", new Uint8Array(100)));
  assertEquals((await read(file)).length, 6);
});

Deno.test("the extensible format is read by the format in its GUID", async () => {
  const floats = wavFile({ bits: 32, subformat: 3, data: encoded(SAMPLES, "float") });
  assertEquals((await read(floats)).map((value) => Math.round(value / 327.68)), [0, 25, -50, 100, -100, 10]);
  const packed = wavFile({ bits: 20, subformat: 1, data: encoded(SAMPLES, 24) });
  assertEquals((await read(packed)).map((value) => Math.round(value / 327.68)), [0, 25, -50, 100, -100, 10]);
});

for (const stated of [0, 0x7ffff000, 0xffffffff]) {
  Deno.test(`a stream whose header states ${stated} bytes is read to its end`, async () => {
    const file = wavFile({ bits: 16, data: encoded(SAMPLES, 16), statedBytes: stated });
    const source = await openAudio(inPieces(file), { name: "standard input", rate: 24_000 });
    assertEquals(source.durationMs, undefined);
    assertEquals((await pcmOf(source)).length, 6);
  });
}

Deno.test("the length of an RF64 file is read from its own chunk", async () => {
  const sizes = new Uint8Array(28);
  new DataView(sizes.buffer).setBigUint64(8, 12n, true);
  const plain = wavFile({ bits: 16, data: encoded(SAMPLES, 16), statedBytes: 0xffffffff });
  const head = new TextEncoder().encode("RF64");
  const file = concat(head, plain.subarray(4, 12), chunk("ds64", sizes), plain.subarray(12));
  const source = await openAudio(inPieces(file), { name: "long.wav", rate: 24_000 });
  assertEquals(source.durationMs, 0.25);
  assertEquals((await pcmOf(source)).length, 6);
});

Deno.test("raw PCM is read in the given format, and a WAV header takes precedence", async () => {
  const raw = { encoding: "s16", channels: 1, rate: 24_000 } as const;
  assertEquals((await read(encoded(SAMPLES, 16), { raw, name: "standard input" })).length, 6);
  assertEquals((await read(wavFile({ bits: 16, data: encoded(SAMPLES, 16) }), { raw })).length, 6);
});

Deno.test("a file that ends before its stated length is read with a warning", async () => {
  const warnings: string[] = [];
  const file = wavFile({ bits: 16, data: encoded(SAMPLES, 16), statedBytes: 100 });
  assertEquals((await read(file, { warn: (message) => warnings.push(message) })).length, 6);
  assertEquals(warnings, ["speech.wav ends 88 bytes before the length in its header: it may be incomplete"]);
});

Deno.test("other kinds of files are refused with the command that converts them", async () => {
  const mp3 = await refusal(concat(new TextEncoder().encode("ID3"), new Uint8Array(20)), "talk.mp3");
  assertIncludes(mp3.message, "talk.mp3: it is an MP3 file, not a WAV file");
  assertIncludes(mp3.hint ?? "", "ffmpeg -i talk.mp3 -f wav - | culvert transcribe -");
  assertIncludes((await refusal(new TextEncoder().encode("fLaC0123456789"))).message, "it is a FLAC file");
  assertIncludes((await refusal(new Uint8Array(100))).hint ?? "", "--raw 16000");
  assertIncludes((await refusal(new Uint8Array())).message, "it is empty");
});

Deno.test("a WAV header that cannot be used is refused with the reason", async () => {
  const data = new Uint8Array(8);
  assertIncludes((await refusal(wavFile({ bits: 4, tag: 2, data }))).message, "format 2 and 8 bits");
  assertIncludes((await refusal(wavFile({ bits: 16, channels: 0, data }))).message, "0 channels");
  const noData = wavFile({ bits: 16, data }).subarray(0, 36);
  assertIncludes((await refusal(noData)).message, "has no data chunk");
});

Deno.test("the source is closed when the reader of the audio stops early", async () => {
  let isClosed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      yield wavFile({ bits: 16, data: new Uint8Array(1000), statedBytes: 0xffffffff });
      for (;;) yield await Promise.resolve(new Uint8Array(1000));
    } finally {
      isClosed = true;
    }
  }
  const source = await openAudio(endless(), { name: "standard input", rate: 24_000 });
  for await (const piece of source.pcm) {
    assert(piece.length > 0);
    break;
  }
  assert(isClosed);
});

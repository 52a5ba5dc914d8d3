import { SubtitleWriter, timestamp } from "../../../lib/realtime/transcription/subtitles.ts";
import { assert, assertEquals, assertExcludes } from "../../support/assert.ts";

const segment = (startMs: number, endMs: number, text: string) => ({
  itemId: "i",
  index: 0,
  startMs,
  endMs,
  text,
});

Deno.test("times are written with two digits for hours, minutes and seconds", () => {
  assertEquals(timestamp(0, ","), "00:00:00,000");
  assertEquals(timestamp(3_723_004.6, "."), "01:02:03.005");
  assertEquals(timestamp(360_000_000, ","), "100:00:00,000");
});

Deno.test("text that could be read as markup is escaped in WebVTT, and as a time in SubRip", () => {
  const text = "a < b & c --> d\n\nnext";
  assertEquals(
    new SubtitleWriter("vtt").render(segment(0, 1_000, text)),
    "00:00:00.000 --> 00:00:01.000\na &lt; b &amp; c --&gt; d next\n\n",
  );
  const srt = new SubtitleWriter("srt").render(segment(0, 1_000, text));
  assertEquals(srt.split("\n")[2], "a < b & c -> d next");
  assertExcludes(srt.trimEnd(), "\n\n");
});

Deno.test("long text is divided between words, and the time by its length", () => {
  const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");
  const cues = new SubtitleWriter("srt").render(segment(1_000, 21_000, words)).trimEnd().split("\n\n");
  assert(cues.length >= 4);
  const times = cues.map((cue) => cue.split("\n")[1] ?? "");
  assert(times[0]?.startsWith("00:00:01,000") === true && times.at(-1)?.endsWith("00:00:21,000") === true);
  times.slice(1).forEach((time, index) =>
    assertEquals(time.split(" --> ")[0], times[index]?.split(" --> ")[1])
  );
});

Deno.test("a segment without a length or in the past is still shown after the one before", () => {
  const writer = new SubtitleWriter("srt");
  writer.render(segment(0, 2_000, "first"));
  assertEquals(
    writer.render(segment(1_500, 1_500, "second")),
    "2\n00:00:02,000 --> 00:00:02,001\nsecond\n\n",
  );
});

Deno.test("a segment without text has no subtitle", () => {
  assertEquals(new SubtitleWriter("vtt").render(segment(0, 1_000, " ")), "");
});

import { assert, assertEquals, assertMatch } from "../../support/assert.ts";
import { scene, speech } from "./kit.ts";

const SPEECH = [2, 1, 30, 0.7, 1];

/** Checks that cues are in order, do not overlap and lie within the audio. */
function checkTimes(times: readonly (readonly [from: number, to: number])[], lastMs: number): void {
  let end = 0;
  for (const [from, to] of times) {
    assert(from >= end && to > from, `${from} to ${to} after ${end}`);
    end = to;
  }
  assertEquals(end, lastMs);
}

function ms(hours = "", minutes = "", seconds = "", rest = ""): number {
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(rest);
}

Deno.test("--srt prints SubRip subtitles with numbers, rising times and short lines", async () => {
  await using here = await scene();
  const run = await here.transcribe(["--srt", await here.wav("talk.wav", speech(SPEECH))]);
  assertEquals(run.code, 0, run.stderr);
  const cues = run.stdout.trimEnd().split("\n\n").map((cue) => cue.split("\n"));
  assert(cues.length > 5, `${cues.length} subtitles`);
  const times = cues.map(([number, time = "", ...lines], index) => {
    assertEquals(number, String(index + 1));
    const found = /^(\d\d):(\d\d):(\d\d),(\d{3}) --> (\d\d):(\d\d):(\d\d),(\d{3})$/.exec(time);
    assert(found !== null, time);
    assert(
      lines.length >= 1 && lines.length <= 3 && lines.every((line) => line.length <= 42),
      lines.join("|"),
    );
    return [ms(...found.slice(1, 5)), ms(...found.slice(5, 9))] as const;
  });
  checkTimes(times, 34_700);
  const words = cues.flatMap(([, , ...lines]) => lines.join(" ").split(" "));
  assertEquals(words.slice(0, 6), ["one", "two", "three", "four", "five", "six"]);
});

Deno.test("--vtt prints WebVTT subtitles that begin with their signature", async () => {
  await using here = await scene();
  const run = await here.transcribe(["--vtt", await here.wav("talk.wav", speech(SPEECH))]);
  assertEquals(run.code, 0, run.stderr);
  assertMatch(run.stdout, /^WEBVTT\n\n\d\d:\d\d:\d\d\.\d{3} --> /);
  const cues = run.stdout.trimEnd().split("\n\n").slice(1).map((cue) => cue.split("\n"));
  const times = cues.map(([time = ""]) => {
    const found = /^(\d\d):(\d\d):(\d\d)\.(\d{3}) --> (\d\d):(\d\d):(\d\d)\.(\d{3})$/.exec(time);
    assert(found !== null, time);
    return [ms(...found.slice(1, 5)), ms(...found.slice(5, 9))] as const;
  });
  checkTimes(times, 34_700);
});

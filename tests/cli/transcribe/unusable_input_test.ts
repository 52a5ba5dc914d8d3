import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { programUnderTest } from "../../support/culvert.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { encoded, wavFile } from "../../realtime/audio/wav_kit.ts";
import { scene } from "./kit.ts";

Deno.test("a directory, an empty name and impossible sample rates are refused before a connection is opened", async () => {
  await using here = await scene();
  const wavOf = (rate: number) =>
    here.wav(`${rate}.wav`, wavFile({ bits: 16, rate, data: encoded([0, 0.5, 0], 16) }));
  const cases: readonly (readonly [args: readonly string[], says: string])[] = [
    [[here.directory], `Cannot read ${here.directory}: it is a directory`],
    [[""], 'Cannot read "": the name of the file is empty'],
    [[await wavOf(2 ** 31)], "states a sampling rate of 2147483648 Hz"],
    [[await wavOf(1)], "states a sampling rate of 1 Hz"],
    [["--raw", "1", await wavOf(24_000)], "--raw 1 is not a sampling rate between 1000 and 768000 Hz"],
    [["--raw", "900000", await wavOf(24_000)], "--raw 900000 is not a sampling rate"],
    [["--raw", "8000", "--channels", "70000", await wavOf(24_000)], "--channels 70000 is more than 65535"],
  ];
  for (const [args, says] of cases) {
    const run = await here.transcribe(args);
    assertEquals(run.code, 2, run.stderr);
    assertIncludes(run.stderr, says);
  }
  assertEquals(here.api.handshakes(), 0);
});

Deno.test(skippedIf(ON_WINDOWS, "standard input that is a directory is refused as unreadable"), async () => {
  await using here = await scene();
  const [command = "", ...before] = programUnderTest();
  const args = [command, ...before, "transcribe", "--base-url", here.api.baseUrl, "-"];
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", 'exec "$@" <"$0"', here.directory, ...args],
    clearEnv: true,
    env: scrubbedEnv({ CODEX_HOME: here.directory, ...here.env }),
  }).output();
  const messages = new TextDecoder().decode(stderr);
  assertEquals(code, 2, messages);
  assertIncludes(messages, "standard input");
  assertIncludes(messages, "it is a directory");
});

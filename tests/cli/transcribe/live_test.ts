/**
 * Transcription at the pace of the audio and faster. `CULVERT_TEST_AUDIO_SECONDS` sets the length of the recording that
 * is transcribed at real-time pace (default 8, for example 60).
 */
import type { RealtimeSessionLog } from "../../../lib/mock/realtime/realtime_scenario.ts";
import { assert, assertEquals, assertIncludes, assertMatch } from "../../support/assert.ts";
import { jsonLines, startCulvert } from "../../support/culvert.ts";
import { installed } from "../../support/programs.ts";
import { OFF_LINUX, ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { onTerminal } from "../../support/terminal.ts";
import { scene, speech } from "./kit.ts";

const SECONDS = Number(Deno.env.get("CULVERT_TEST_AUDIO_SECONDS") ?? "8");
const MEBIBYTE = 1024 * 1024;
const WITHOUT_SOX = await installed("sox") ? undefined : "sox is not installed";
const WITHOUT_SCRIPT = await installed("script") ? undefined : "script is not installed";

/** Resident memory of a process, bytes. */
async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** Samples the memory of a process until it ends. */
async function watchMemory(
  pid: number,
  session: () => RealtimeSessionLog | undefined,
  isOver: () => boolean,
): Promise<readonly (readonly [samples: number, bytes: number])[]> {
  const seen: (readonly [samples: number, bytes: number])[] = [];
  while (!isOver()) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const bytes = await residentBytes(pid).catch(() => undefined);
    if (bytes !== undefined && bytes > 0) seen.push([session()?.samples ?? 0, bytes]);
  }
  return seen;
}

/** Returns the growth of the memory from the first quarter of the audio to the last. */
function growth(seen: readonly (readonly [samples: number, bytes: number])[], total: number): number {
  const most = (from: number, to: number) =>
    Math.max(
      0,
      ...seen.filter(([samples]) => samples >= total * from && samples <= total * to).map(([, b]) => b),
    );
  return most(0.75, 1) - most(0.05, 0.3);
}

Deno.test(
  skippedIf(OFF_LINUX, `${SECONDS} s of audio at real-time speed give text while audio is still being sent`),
  async () => {
    await using here = await scene();
    const utterances = Array.from({ length: Math.ceil(SECONDS / 2) }, () => [1.2, 0.8]).flat();
    const path = await here.wav("talk.wav", speech(utterances, 44_100));
    const begin = performance.now();
    await using program = await here.start(["--pace", "1", path]);
    await program.seen("stdout", /one two three/);
    const early = here.session().samples;
    assert(early < SECONDS * 24_000 / 2, `${early} samples were sent before the first text`);
    let isOver = false;
    const watching = watchMemory(program.pid, here.session, () => isOver);
    assertEquals(
      await program.end(SECONDS * 1_000 + 30_000).finally(() => isOver = true),
      0,
      program.stderr(),
    );
    const tookMs = performance.now() - begin;
    assert(tookMs >= (SECONDS - 0.2) * 1_000, `${tookMs} ms`);
    assertEquals(here.session().samples, Math.ceil(SECONDS / 2) * 2 * 24_000);
    assertEquals(program.stdout().split("\n").length - 1, Math.ceil(SECONDS / 2));
    if (SECONDS >= 60) {
      const grown = growth(await watching, SECONDS * 24_000);
      assert(grown < 24 * MEBIBYTE, `memory grew by ${grown} bytes`);
    } else await watching;
  },
);

Deno.test(
  skippedIf(ON_WINDOWS, "Ctrl-C ends a transcription with the text so far, and exits 130"),
  async () => {
    await using here = await scene();
    const path = await here.wav("talk.wav", speech([1.2, 0.8, 60]));
    await using program = await here.start(["--pace", "1", path]);
    await program.seen("stdout", /three\n/);
    while (here.session().samples < 3.4 * 24_000) await new Promise((resolve) => setTimeout(resolve, 20));
    program.kill("SIGINT");
    assertEquals(await program.end(), 130, program.stderr());
    // The speech between the first line and the signal is also transcribed.
    assertMatch(program.stdout(), /^one two three\nfour five six( [a-z]+)*\n$/);
    assertMatch(program.stderr(), /stopped; \d\.\d s of audio were sent, of which \d\.\d s are transcribed/);
    assertEquals(await here.session().closed, 1000);
  },
);

Deno.test(skippedIf(ON_WINDOWS, "Ctrl-C with --json ends with a result"), async () => {
  await using here = await scene();
  const path = await here.wav("talk.wav", speech([1.2, 0.8, 60]));
  await using program = await here.start(["--pace", "1", "--json", path]);
  await program.seen("stdout", /culvert\.segment/);
  program.kill("SIGINT");
  assertEquals(await program.end(), 130, program.stderr());
  const result = jsonLines(program.stdout()).at(-1);
  assertEquals([result?.["type"], result?.["status"], result?.["exit_code"]], [
    "culvert.result",
    "interrupted",
    130,
  ]);
});

Deno.test(
  skippedIf(
    OFF_LINUX ?? WITHOUT_SOX,
    "ten minutes from sox arrive sample by sample, in constant memory",
  ),
  async () => {
    await using here = await scene();
    const sox = new Deno.Command("sox", {
      args: "-q -n -t wav -r 44100 -c 2 -b 16 - synth 1.2 sine 300 pad 0 0.8 repeat 299".split(" "),
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const begin = performance.now();
    const args = ["transcribe", "--base-url", here.api.baseUrl, "--json", "-"];
    const child = startCulvert(args, { env: here.env });
    const feeding = sox.stdout.pipeTo(child.stdin);
    let isOver = false;
    const watching = watchMemory(child.pid, () => here.api.realtime.sessions[0], () => isOver);
    const [output] = await Promise.all([child.output(), feeding]);
    isOver = true;
    const tookMs = performance.now() - begin;
    await sox.status;
    assertEquals(output.code, 0, new TextDecoder().decode(output.stderr));
    assertEquals(here.session().samples, 600 * 24_000);
    const result = jsonLines(new TextDecoder().decode(output.stdout)).at(-1);
    assertEquals(result?.["audio_sent_ms"], 600_000);
    assertEquals(result?.["segments"], 300);
    assert(tookMs < 600_000, `${tookMs} ms`);
    const grown = growth(await watching, 600 * 24_000);
    assert(grown < 32 * MEBIBYTE, `memory grew by ${grown} bytes`);
  },
);

Deno.test(
  skippedIf(ON_WINDOWS ?? WITHOUT_SCRIPT, "a terminal shows how much was sent and transcribed"),
  async () => {
    await using here = await scene();
    const path = await here.wav("talk.wav", speech([1.2, 0.8, 0.4, 2]));
    const terminal = onTerminal(
      ["transcribe", "--base-url", here.api.baseUrl, "--pace", "1", path],
      here.env,
      80,
    );
    const { bytes, code } = await terminal.end();
    assertEquals(code, 0, bytes);
    assertMatch(bytes, /0:0\d of 0:04 sent, 0:00 transcribed/);
    assertIncludes(bytes, "one two three\r\n");
    // The status line is removed from the terminal at the end.
    assertMatch(bytes, /\r +\r$/);
  },
);

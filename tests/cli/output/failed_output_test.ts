/** Standard streams that cannot be written, in a private /dev where a device is involved. */
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { jsonLines, programUnderTest } from "../../support/culvert.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";
import { OFF_LINUX, ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { type Bench, bench } from "../respond/kit.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of the shell in which "$@" is the program; /dev/full is a private device. */
async function inShell(script: string, args: readonly string[], b?: Bench): Promise<Outcome> {
  const env = b === undefined
    ? {}
    : { CODEX_CA_CERTIFICATE: b.bundle, CULVERT_API_KEY: "sk-test", CODEX_HOME: b.directory };
  const words = b === undefined ? args : ["respond", "--base-url", b.api.baseUrl, ...args];
  const mounted = "mount -t tmpfs none /dev && mknod /dev/full c 1 7 && mknod /dev/null c 1 3 && " + script;
  const { code, stdout, stderr } = await new Deno.Command("timeout", {
    args: ["40", "unshare", "-m", "sh", "-c", mounted, "sh", ...programUnderTest(), ...words],
    clearEnv: true,
    env: scrubbedEnv(env),
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out ?? "", stderr: err ?? "" };
}

const probe = OFF_LINUX === undefined
  ? await inShell("true", []).then(
    ({ code }) => code === 0 ? undefined : "no private /dev can be mounted here",
    () => "no unshare here",
  )
  : OFF_LINUX;

for (const args of [["--version"], ["--help"], ["help", "events"], ["completion", "bash"]]) {
  Deno.test(
    skippedIf(probe, `culvert ${args.join(" ")} on a full device exits 2 with one message`),
    async () => {
      const { code, stderr } = await inShell('"$@" >/dev/full', args);
      const messages = stderr.split("\n").filter((line) =>
        line.startsWith("culvert: ") && !line.includes("warning:")
      );
      assertEquals([code, messages.length], [2, 1], stderr);
      assertIncludes(stderr, "Cannot write to standard output: no space is left on the device");
    },
  );
}

for (const flags of [[], ["--json"]]) {
  Deno.test(
    skippedIf(probe, `respond ${flags.join(" ")} on a full device exits 2 with one message`),
    async () => {
      await using b = await bench({ scenario: { text: "answer" } });
      const { code, stderr } = await inShell('"$@" >/dev/full', [...flags, "hi"], b);
      assertEquals([code, stderr.match(/^culvert: /gm)?.length], [2, 1], stderr);
    },
  );

  Deno.test(
    skippedIf(
      probe,
      `respond ${
        flags.join(" ")
      } with stderr on a full device prints the answer, and a failure has one result`,
    ),
    async () => {
      await using b = await bench({ scenario: { text: "answer" } });
      const good = await inShell('"$@" 2>/dev/full', [...flags, "-vv", "hi"], b);
      assertEquals(good.code, 0);
      assertIncludes(good.stdout, "answer");
      b.api.enqueue({ refusal: { status: 400, body: { error: { message: "no" } } } });
      const bad = await inShell('"$@" 2>/dev/full', [...flags, "hi"], b);
      assertEquals(bad.code, 8);
      const results = flags.length === 0
        ? []
        : jsonLines(bad.stdout).filter(({ type }) => type === "culvert.result");
      assertEquals(results.length, flags.length);
    },
  );
}

Deno.test(
  skippedIf(ON_WINDOWS, "a closed stderr, or one without a reader, does not lose the answer"),
  async () => {
    await using b = await bench({ scenario: { text: "answer" } });
    for (const script of ['"$@" 2>&-', '{ "$@" 2>&3 | cat; } 3> >(exec 0<&-; true)']) {
      const { code, stdout } = await new Deno.Command("timeout", {
        args: [
          "40",
          "bash",
          "-c",
          script,
          "bash",
          ...programUnderTest(),
          "respond",
          "--base-url",
          b.api.baseUrl,
          "-vv",
          "hi",
        ],
        clearEnv: true,
        env: scrubbedEnv({
          CODEX_CA_CERTIFICATE: b.bundle,
          CULVERT_API_KEY: "sk-test",
          CODEX_HOME: b.directory,
        }),
        stdin: "null",
      }).output();
      assertEquals([code, new TextDecoder().decode(stdout)], [0, "answer\n"], script);
    }
  },
);

Deno.test(
  skippedIf(ON_WINDOWS, "respond waits for a full non-blocking pipe, and no part of the answer is lost"),
  async () => {
    const text = "x".repeat(300_000);
    await using b = await bench({ scenario: { text: [text] } });
    // The reader makes the pipe non-blocking, waits until it is full, and then reads it to its end.
    const reader =
      "import fcntl,os,sys,time\nfcntl.fcntl(0,fcntl.F_SETFL,os.O_NONBLOCK)\ntime.sleep(1.5)\nn=0\n" +
      "while True:\n  try: d=os.read(0,65536)\n  except BlockingIOError: time.sleep(0.01); continue\n  if not d: break\n  n+=len(d)\nprint(n)";
    const { stdout, stderr } = await new Deno.Command("timeout", {
      args: [
        "40",
        "bash",
        "-c",
        '"$@" | python3 -c "$READER"; echo ${PIPESTATUS[0]}',
        "bash",
        ...programUnderTest(),
        "respond",
        "--base-url",
        b.api.baseUrl,
        "hi",
      ],
      clearEnv: true,
      env: {
        ...scrubbedEnv({
          CODEX_CA_CERTIFICATE: b.bundle,
          CULVERT_API_KEY: "sk-test",
          CODEX_HOME: b.directory,
        }),
        READER: reader,
      },
      stdin: "null",
    }).output();
    assertEquals(
      new TextDecoder().decode(stdout),
      `${text.length + 1}\n0\n`,
      new TextDecoder().decode(stderr),
    );
  },
);

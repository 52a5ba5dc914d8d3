import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert, startCulvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { bench } from "./kit.ts";

const UNREAD = "was not read, because a prompt was given";

for (
  const [signal, status] of [["SIGINT", 130], ["SIGQUIT", 130], ["SIGTERM", 143], ["SIGHUP", 143]] as const
) {
  Deno.test(
    skippedIf(
      ON_WINDOWS,
      `${signal} while the prompt is read from standard input ends immediately with ${status}`,
    ),
    async () => {
      await using b = await bench();
      const child = b.start([]);
      const limit = setTimeout(() => child.kill("SIGKILL"), 20_000);
      const stderr = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      while (!text.includes("waiting for the prompt")) text += (await stderr.read()).value ?? "";
      child.kill(signal);
      const { code } = await child.status;
      clearTimeout(limit);
      assertEquals(code, status);
      for (let read = await stderr.read(); !read.done; read = await stderr.read()) text += read.value;
      assertIncludes(text, signal.startsWith("SIGT") || signal === "SIGHUP" ? "Terminated" : "Interrupted");
      await child.stdout.cancel();
      await child.stdin.close().catch(() => {});
    },
  );
}

Deno.test("a pipe that is not read because a prompt was given is reported once, and not with -q", async () => {
  await using b = await bench({ scenario: { text: "yes" } });
  const piped = await b.respond(["hi"], { stdin: "data" });
  assertEquals([piped.code, piped.stdout], [0, "yes\n"]);
  assertIncludes(piped.stderr, `standard input is a pipe and ${UNREAD}`);
  assertEquals((await b.respond(["-q", "hi"], { stdin: "data" })).stderr, "");
  assertEquals((await b.respond(["hi", "-"], { stdin: "data" })).stderr, "");
  assertEquals((await b.respond(["hi"])).stderr, "", "with /dev/null");
});

Deno.test(
  skippedIf(
    ON_WINDOWS,
    "a file that is not read because a prompt was given remains for the loop of the shell",
  ),
  async () => {
    await using b = await bench({ scenario: { text: "yes" } });
    const list = join(b.directory, "list");
    await Deno.writeTextFile(list, "one\ntwo\n");
    const { programUnderTest } = await import("../../support/culvert.ts");
    const { scrubbedEnv } = await import("../../support/scrubbed_env.ts");
    const { stdout, stderr } = await new Deno.Command("timeout", {
      args: [
        "40",
        "sh",
        "-c",
        'while read -r line; do "$@" "$line"; done <list',
        "sh",
        ...programUnderTest(),
        "respond",
        "--base-url",
        b.api.baseUrl,
      ],
      cwd: b.directory,
      clearEnv: true,
      env: scrubbedEnv({
        CODEX_CA_CERTIFICATE: b.bundle,
        CULVERT_API_KEY: "sk-test",
        CODEX_HOME: b.directory,
      }),
      stdin: "null",
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "yes\nyes\n");
    assertEquals(
      new TextDecoder().decode(stderr).match(/standard input is a file and was not read/g)?.length,
      2,
    );
  },
);

Deno.test("Ctrl-C during an answer with -o ends its line before the message", async () => {
  await using b = await bench({ scenario: { text: "begun", ending: { kind: "stall", afterDeltas: 1 } } });
  const child = b.start(["-o", join(b.directory, "answer"), "hi"]);
  await child.stdin.close();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader.read()).value ?? "";
  child.kill("SIGINT");
  for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value;
  const stderr = await new Response(child.stderr).text();
  assertEquals([(await child.status).code, text], [130, "begun\n"]);
  assertIncludes(stderr, "answer.partial");
});

Deno.test("a second Ctrl-C ends respond immediately, even if nothing reads its answer", async () => {
  await using b = await bench({ scenario: { text: ["x".repeat(4_000_000)] } });
  const child = b.start(["hi"]);
  await child.stdin.close();
  const reader = child.stdout.getReader();
  await reader.read();
  child.kill("SIGINT");
  // The program waits for its reader, so the second signal only has to be sent after the first.
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill("SIGINT");
  const limit = setTimeout(() => child.kill("SIGKILL"), 10_000);
  const { code } = await child.status;
  clearTimeout(limit);
  assertEquals(code, 130);
  await reader.cancel();
  await child.stderr.cancel();
});

Deno.test("--repeat-from - and a missing prompt name the missing input", async () => {
  const run = await culvert(["respond", "--repeat-from", "-"], { stdin: "\n\n" });
  assertEquals(run.code, 2);
  assertIncludes(run.stderr, "it contains no text");
});

Deno.test("a prompt in UTF-16, as PowerShell writes it, is sent as text: from standard input and from a file", async () => {
  await using b = await bench({ scenario: { text: "yes" } });
  const path = join(b.directory, "prompts.txt");
  const units = new Uint16Array(
    [...`\u{feff}Where is the café?`].map((letter) => letter.codePointAt(0) ?? 0),
  );
  const bytes = new Uint8Array(units.buffer);
  await Deno.writeFile(path, bytes);
  assertEquals((await b.respond(["--repeat-from", path])).code, 0);
  const child = b.start(["-"]);
  const limit = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const writer = child.stdin.getWriter();
  // Divided within a character.
  await writer.write(bytes.subarray(0, 5));
  await writer.write(bytes.subarray(5));
  await writer.close();
  assertEquals((await child.output()).code, 0);
  clearTimeout(limit);
  const sent = b.api.log.turns.map(({ json }) => JSON.stringify(json).includes('"Where is the café?"'));
  assertEquals(sent, [true, true]);
});

for (
  const args of [
    ["respond", "--provider", "demo", "-"],
    ["respond", "--provider", "demo", "--repeat-from", "-"],
    ["search", "--provider", "demo"],
    ["compact", "--provider", "demo", "-"],
  ]
) {
  Deno.test(`culvert ${args.join(" ")} refuses standard input that does not end`, async () => {
    const child = startCulvert(args);
    const limit = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const [output] = await Promise.all([child.output(), writeUntilClosed(child.stdin)]);
    clearTimeout(limit);
    assertEquals([output.code, output.stdout.length], [2, 0]);
    assertIncludes(
      new TextDecoder().decode(output.stderr),
      "culvert: Cannot read standard input: it is larger than 64 MiB\n",
    );
  });
}

/** Writes lines until the reader has closed the pipe. */
async function writeUntilClosed(stream: WritableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  const lines = new TextEncoder().encode("a line\n".repeat(10_000));
  const writer = stream.getWriter();
  try {
    for (;;) await writer.write(lines);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

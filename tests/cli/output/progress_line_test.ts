import { createOutputStreams } from "../../../lib/cli/output/output_stream.ts";
import { startProgressLine } from "../../../lib/cli/output/progress_line.ts";
import { assert, assertEquals } from "../../support/assert.ts";

/** Stdout and stderr on one terminal that keeps what is written to it. */
function terminal(
  options: { readonly isTerminal?: boolean; readonly term?: string; readonly columns?: number } = {},
) {
  let written = "";
  const waiters: (() => void)[] = [];
  const decoder = new TextDecoder();
  const writeSync = (bytes: Uint8Array) => {
    written += decoder.decode(bytes);
    waiters.splice(0).forEach((wake) => wake());
    return bytes.length;
  };
  const parts = {
    sink: { writeSync, write: (bytes: Uint8Array) => Promise.resolve(writeSync(bytes)) },
    isTerminal: options.isTerminal ?? true,
    columns: () => options.columns,
  };
  const host = {
    ...createOutputStreams(parts, parts, () => Promise.resolve()),
    world: {
      env: (name: string) => name === "TERM" ? options.term ?? "xterm" : undefined,
      now: () => Date.now(),
      monotonic: () => performance.now(),
      random: () => 0.5,
      sleep: () => Promise.resolve(),
      cwd: () => "/",
      home: () => undefined,
      withoutVariables: <T>(_names: readonly string[], create: () => T) => create(),
    },
  };
  return {
    host,
    written: () => written,
    nextWrite: () => new Promise<void>((resolve) => waiters.push(resolve)),
    /** The last line as it is on the screen: carriage returns go back, and letters replace each other. */
    line: () => {
      let cells: string[] = [];
      let column = 0;
      for (const letter of written) {
        if (letter === "\r") column = 0;
        else if (letter === "\n") [cells, column] = [[], 0];
        else cells[column++] = letter;
      }
      return cells.join("").trimEnd();
    },
  };
}

Deno.test("after a second without output the terminal shows the current wait, until the line is stopped", async () => {
  const screen = terminal();
  const waiting = startProgressLine(screen.host, "a connection");
  const begin = performance.now();
  await screen.nextWrite();
  assert(performance.now() - begin >= 950);
  assertEquals(screen.line(), "waiting for a connection, 1 s");
  waiting.setLabel("the first word");
  await screen.nextWrite();
  waiting.stop();
  assert(screen.written().includes("waiting for the first word, 2 s"));
  assertEquals(screen.line(), "");
  assert(!screen.written().includes("\x1b"));
});

for (const stream of ["stdout", "stderr"] as const) {
  Deno.test(`a write to ${stream} removes the line first, even without a pause`, async () => {
    const screen = terminal();
    using _waiting = startProgressLine(screen.host, "a connection");
    await screen.nextWrite();
    await screen.host[stream].write("text");
    assertEquals(screen.line(), "text");
  });
}

Deno.test("a paused line appears again after another second", async () => {
  const screen = terminal();
  using waiting = startProgressLine(screen.host, "a connection");
  await screen.nextWrite();
  waiting.pause();
  screen.host.stderr.writeSync("culvert: a retry\n");
  assertEquals(screen.line(), "");
  await screen.nextWrite();
  assertEquals(screen.line(), "waiting for a connection, 2 s");
});

Deno.test("the line is truncated before the last column, where the terminal would wrap it", async () => {
  const screen = terminal({ columns: 20 });
  using _waiting = startProgressLine(screen.host, "something with a long name");
  await screen.nextWrite();
  assertEquals(screen.line(), "waiting for somethi");
});

Deno.test("without a terminal, with TERM=dumb, or with -q, nothing is shown and no timer runs", () => {
  // The test runner reports a timer that is still running.
  for (
    const [options, wanted] of [[{ isTerminal: false }, true], [{ term: "dumb" }, true], [{}, false]] as const
  ) {
    const screen = terminal(options);
    const waiting = startProgressLine(screen.host, "a connection", wanted);
    waiting.setLabel("x");
    waiting.pause();
    assertEquals(screen.written(), "");
  }
});

Deno.test("a stopped line does not appear again", () => {
  const screen = terminal();
  const waiting = startProgressLine(screen.host, "a connection");
  waiting.stop();
  waiting.pause();
  waiting.stop();
  assertEquals(screen.written(), "");
});

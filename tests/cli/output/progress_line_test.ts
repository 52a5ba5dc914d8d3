import { startWaiting } from "../../../lib/cli/output/progress_line.ts";
import { assert, assertEquals } from "../../support/assert.ts";

/** A terminal of so many columns that keeps what is written to it, and what a person sees at the end. */
function terminal(
  options: { readonly isTerminal?: boolean; readonly term?: string; readonly columns?: number } = {},
) {
  let written = "";
  const waiters: (() => void)[] = [];
  const write = (data: string | Uint8Array) => {
    written += typeof data === "string" ? data : new TextDecoder().decode(data);
    waiters.splice(0).forEach((wake) => wake());
  };
  const host = {
    stderr: {
      isTerminal: options.isTerminal ?? true,
      columns: () => options.columns,
      write: (data: string | Uint8Array) => Promise.resolve(write(data)),
      writeSync: write,
    },
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
    /** The line as it stands: carriage returns go back, letters write over. */
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

Deno.test("after a second of silence a terminal is told what is waited for, and the line goes away", async () => {
  const screen = terminal();
  const waiting = startWaiting(screen.host, "a connection");
  const begin = performance.now();
  await screen.nextWrite();
  assert(performance.now() - begin >= 950);
  assertEquals(screen.line(), "waiting for a connection, 1 s");
  waiting.label("the first word");
  await screen.nextWrite();
  waiting.stop();
  assert(screen.written().includes("waiting for the first word, 2 s"));
  assertEquals(screen.line(), "");
  assert(!screen.written().includes("\x1b"));
});

Deno.test("other output takes the line away, and it comes back after another second", async () => {
  const screen = terminal();
  using waiting = startWaiting(screen.host, "a connection");
  await screen.nextWrite();
  waiting.erase();
  screen.host.stderr.writeSync("culvert: a retry\n");
  assertEquals(screen.line(), "");
  await screen.nextWrite();
  assertEquals(screen.line(), "waiting for a connection, 2 s");
});

Deno.test("the line never reaches the last column, where it would break", async () => {
  const screen = terminal({ columns: 20 });
  using _waiting = startWaiting(screen.host, "something with a long name");
  await screen.nextWrite();
  assertEquals(screen.line(), "waiting for somethi");
});

Deno.test("where nobody looks, where a line cannot be written over, or under -q, nothing is shown or timed", () => {
  // A timer that was left behind would fail the test.
  for (
    const [options, wanted] of [[{ isTerminal: false }, true], [{ term: "dumb" }, true], [{}, false]] as const
  ) {
    const screen = terminal(options);
    const waiting = startWaiting(screen.host, "a connection", wanted);
    waiting.label("x");
    waiting.erase();
    assertEquals(screen.written(), "");
  }
});

Deno.test("once stopped it stays away", () => {
  const screen = terminal();
  const waiting = startWaiting(screen.host, "a connection");
  waiting.stop();
  waiting.erase();
  waiting.stop();
  assertEquals(screen.written(), "");
});

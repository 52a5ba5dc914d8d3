/** The program under test while it runs: its output so far, and its end. */
import { type CulvertOptions, startCulvert } from "./culvert.ts";

/** A program that was started. Disposing of it ends it. */
export interface StartedCulvert extends AsyncDisposable {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly pid: number;
  /**
   * Resolves with the first match of a pattern in the output; fails after 20 s or at the end of the program.
   */
  readonly seen: (stream: "stdout" | "stderr", pattern: RegExp) => Promise<RegExpExecArray>;
  readonly kill: (signal: Deno.Signal) => void;
  /** Resolves with the exit code; fails after `limitMs`, by default 30,000 ms. */
  readonly end: (limitMs?: number) => Promise<number>;
}

/** Starts it with an empty standard input. */
export async function startedCulvert(
  args: readonly string[],
  options: CulvertOptions = {},
): Promise<StartedCulvert> {
  const child = startCulvert(args, options);
  await child.stdin.close();
  const text = { stdout: "", stderr: "" };
  let wake = () => {};
  let isOver = false;
  const read = async (name: "stdout" | "stderr") => {
    for await (const piece of child[name].pipeThrough(new TextDecoderStream())) {
      text[name] += piece;
      wake();
    }
  };
  const reading = Promise.all([read("stdout"), read("stderr")]);
  const ended = child.status.then(async ({ code }) => {
    // A program that it started may keep the streams open.
    await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 1_000))]);
    isOver = true;
    wake();
    return code;
  });
  const within = async <T>(work: Promise<T>, ms: number, what: string): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Not within ${ms} ms: ${what}\n${text.stderr}`)), ms);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    pid: child.pid,
    seen: (stream, pattern) => {
      const wait = async () => {
        for (;;) {
          const found = pattern.exec(text[stream]);
          if (found !== null) return found;
          if (isOver) {
            throw new Error(`The program ended without ${pattern}:\n${text.stdout}\n${text.stderr}`);
          }
          await new Promise<void>((resolve) => wake = resolve);
        }
      };
      return within(wait(), 20_000, String(pattern));
    },
    kill: (signal) => child.kill(signal),
    end: (limitMs = 30_000) => within(ended, limitMs, "the end of the program"),
    [Symbol.asyncDispose]: async () => {
      if (!isOver) child.kill("SIGKILL");
      await ended;
      await reading;
    },
  };
}

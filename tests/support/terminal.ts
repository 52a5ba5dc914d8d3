/** Runs a program on a pseudo-terminal, which `script` of util-linux opens. */
import { programUnderTest } from "./culvert.ts";
import { scrubbedEnv } from "./scrubbed_env.ts";

/** A program on a terminal. */
export interface TerminalSession {
  /** Types keys. Control keys are control letters: Ctrl-C is `\x03`. */
  readonly type: (keys: string) => Promise<void>;
  /** Resolves when `text` has been printed; rejects when the program ends before. */
  readonly seen: (text: string) => Promise<void>;
  /** Resolves with the exit status and every byte that was printed. */
  readonly end: () => Promise<{ readonly code: number; readonly bytes: string }>;
}

/** Starts the program under test on a terminal. */
export function onTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  columns?: number,
): TerminalSession {
  const command = [...programUnderTest(), ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(
    " ",
  );
  const width = columns === undefined ? "" : `stty cols ${columns}; `;
  const child = new Deno.Command("script", {
    args: ["--quiet", "--return", "--echo", "never", "--command", `${width}exec ${command}`, "/dev/null"],
    clearEnv: true,
    env: scrubbedEnv({ TERM: "xterm-256color", SHELL: "/bin/sh", ...env }),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keys = child.stdin.getWriter();
  let bytes = "";
  let ended = false;
  let wake = () => {};
  const reading = (async () => {
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      bytes += piece;
      wake();
    }
    ended = true;
    wake();
  })();
  return {
    type: (text) => keys.write(new TextEncoder().encode(text)),
    seen: async (text) => {
      while (!bytes.includes(text)) {
        if (ended) {
          throw new Error(`The program ended without ${JSON.stringify(text)}: ${JSON.stringify(bytes)}`);
        }
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
    end: async () => {
      const { code } = await child.status;
      await reading;
      await keys.close().catch(() => {});
      return { code, bytes };
    },
  };
}

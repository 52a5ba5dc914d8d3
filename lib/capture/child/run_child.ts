/**
 * Runs another program with the terminal of this one.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";

/** A program to run. */
export interface ChildOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Variables on top of those of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether the standard input is a terminal. */
  readonly isTerminal: boolean;
  /** Calls `handler` for each signal until the returned function is called. */
  readonly onSignal: (signal: ChildSignal, handler: () => void) => () => void;
}

/** Signals that are passed on to the program. */
export type ChildSignal = (typeof CHILD_SIGNALS)[number];

/** Signals that stop a program. */
const CHILD_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Signals that a terminal sends to the whole foreground process group. */
const FROM_TERMINAL: ReadonlySet<ChildSignal> = new Set(["SIGINT", "SIGQUIT", "SIGHUP"]);

/**
 * Runs the program with inherited standard streams until it ends. Signals are passed on to it; those that the
 * terminal has sent to it already are only kept from ending this process.
 *
 * @returns its exit code; 128 and the number of the signal where one ended it, as shells report it
 * @throws CulvertError `usage` where the program cannot be started
 */
export async function runChild(options: ChildOptions): Promise<number> {
  let child: Deno.ChildProcess | undefined;
  // Before the program starts: a signal that came in between would end this process.
  const off = CHILD_SIGNALS.map((signal) =>
    options.onSignal(signal, () => {
      if (child !== undefined && (!options.isTerminal || !FROM_TERMINAL.has(signal))) pass(child, signal);
    })
  );
  try {
    child = start(options);
    return (await child.status).code;
  } finally {
    off.forEach((release) => release());
  }
}

function start({ command, env }: ChildOptions): Deno.ChildProcess {
  const [program = "", ...args] = command;
  try {
    return new Deno.Command(program, {
      args,
      env: { ...env },
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    const missing = /[/\\]/.test(program) ? "no such file" : "no such program on the PATH";
    const reason = isMissing ? missing : error instanceof Error ? error.message : String(error);
    throw new CulvertError("usage", `Cannot run "${program}": ${reason}`, {
      hint: "Give the program and its arguments after `--`, such as: -- codex exec hello",
      details: { program },
      cause: error,
    });
  }
}

function pass(child: Deno.ChildProcess, signal: ChildSignal): void {
  try {
    child.kill(signal);
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}

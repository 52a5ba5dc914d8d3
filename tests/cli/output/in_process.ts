/** Runs the whole command line in this process, on a terminal that keeps every byte. */
import { processHost, processWorld } from "../../../lib/cli/app/process.ts";
import { run } from "../../../lib/cli/app/run.ts";
import type { Host } from "../../../lib/cli/command/host.ts";
import { createOutputStreams } from "../../../lib/cli/output/output_stream.ts";
import { Secrets } from "../../../lib/redaction/secrets.ts";

/** The end of a command, and every byte of both streams in the order in which they reached the terminal. */
export interface TerminalRun {
  readonly code: number;
  readonly bytes: string;
}

/** Runs a command with only the given environment. */
export async function onKeptTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<TerminalRun> {
  const written: Uint8Array[] = [];
  const writeSync = (bytes: Uint8Array) => {
    written.push(bytes.slice());
    return bytes.length;
  };
  const part = {
    sink: { writeSync, write: (bytes: Uint8Array) => Promise.resolve(writeSync(bytes)) },
    isTerminal: true,
    columns: () => 80,
  };
  const world = { ...processWorld(), env: (name: string) => env[name], home: () => env["HOME"] };
  const secrets = new Secrets();
  const host: Host = {
    ...processHost(),
    ...createOutputStreams(part, part, world.sleep),
    args,
    world,
    stdin: { isTerminal: false, kind: () => Promise.resolve("other"), stream: () => new ReadableStream() },
    secrets: () => secrets,
    onSignal: () => () => {},
  };
  const code = await run(host);
  const whole = new Uint8Array(written.reduce((sum, bytes) => sum + bytes.length, 0));
  let at = 0;
  for (const bytes of written) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return { code, bytes: new TextDecoder().decode(whole) };
}

/** Measures the processor time of whole processes with the shell: user and system, all threads. */
import { scrubbedEnv } from "../support/scrubbed_env.ts";

/** A process to measure. */
export interface Costed {
  readonly command: readonly string[];
  /** Resolves at the point up to which the process is measured; it is then killed. Default: its end. */
  readonly until?: Promise<void>;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a process with its input closed and its output discarded.
 *
 * @returns user and system time, ms
 */
export async function processorTime({ command, until, env = {} }: Costed): Promise<number> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-cost-" });
  try {
    const pidFile = `${directory}/pid`;
    // The inner shell is replaced by the process, so that its pid is known.
    const script =
      `TIMEFORMAT='cpu %3U %3S'; time sh -c 'echo $$ >"$0"; exec "$@" </dev/null >/dev/null 2>&1' "$@"`;
    const child = new Deno.Command("bash", {
      args: ["-c", script, "bash", pidFile, ...command],
      clearEnv: true,
      env: scrubbedEnv({ CODEX_HOME: directory, ...env }),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    if (until !== undefined) {
      await until;
      Deno.kill(Number(await Deno.readTextFile(pidFile)), "SIGKILL");
    }
    const said = new TextDecoder().decode((await child.output()).stderr);
    const [, user = "", system = ""] = /cpu ([\d.]+) ([\d.]+)/.exec(said) ?? [];
    if (user === "") throw new Error(`No time was measured: ${said}`);
    return (Number(user) + Number(system)) * 1_000;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

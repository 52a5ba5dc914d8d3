/** Child processes of the benchmarks. */

/** A server that runs as a child process. */
export interface ServerProcess extends AsyncDisposable {
  /** The first line that it printed. */
  readonly line: string;
}

/** Starts a script of this folder that prints one line when it is ready. */
export async function startServer(script: string, ...args: readonly string[]): Promise<ServerProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", new URL(script, import.meta.url).pathname, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`${script} ended before it was ready`);
    line += value;
  }
  return {
    line: line.trim(),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

/** Runs a program and returns its output; throws when it fails. */
export async function output(command: string, args: readonly string[], cwd?: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdout: "piped",
    stderr: "piped",
    ...(cwd === undefined ? {} : { cwd }),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new Error(`${command} failed: ${text(stderr).slice(-500)}`);
  return text(stdout);
}

/** Runs a script of this folder in a child process, so that its memory can be measured. */
export function outputOfScript(script: string, ...args: readonly string[]): Promise<string> {
  const path = new URL(script, import.meta.url).pathname;
  return output(Deno.execPath(), ["run", "-A", "--no-check", "--quiet", path, ...args]);
}

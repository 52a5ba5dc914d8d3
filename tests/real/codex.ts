/** The codex client as a process. */
import { scrubbedEnv } from "../support/scrubbed_env.ts";

const LIMIT_MS = 90_000;

/** Options of a run. */
export interface CodexOptions {
  /** Its home directory, which is also its working directory. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** Runs the client and waits for its end. */
export async function runCodex(
  args: readonly string[],
  { home, env, stdin = "" }: CodexOptions,
): Promise<{ readonly code: number; readonly text: string }> {
  const child = new Deno.Command("codex", {
    args: [...args],
    clearEnv: true,
    env: scrubbedEnv({ ...env, HOME: home }),
    cwd: home,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Not SIGKILL, which cannot be forwarded: the client that npm installs is the child of a script.
  const limit = setTimeout(() => child.kill("SIGTERM"), LIMIT_MS);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  clearTimeout(limit);
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** Runs `codex exec` with one prompt. */
export function askCodex(options: CodexOptions): ReturnType<typeof runCodex> {
  return runCodex(["exec", "--skip-git-repo-check", "--color", "never", "say hello"], options);
}

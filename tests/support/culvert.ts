/**
 * Runs the real program as a process: by `deno run`, or the binary that `CULVERT_UNDER_TEST` names. With
 * `CULVERT_PERMISSIONS=binary`, `deno run` grants exactly the permissions of the binary.
 */
import { PERMISSIONS } from "../../.ci/permissions.ts";
import { fromFileUrl, join } from "./paths.ts";
import { scrubbedEnv } from "./scrubbed_env.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Options of {@link culvert} and {@link startCulvert}. */
export interface CulvertOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Text to write to stdin before closing it. Default: stdin is /dev/null. */
  readonly stdin?: string;
  /** Kills the process after this time, ms. Default 30,000. */
  readonly limitMs?: number;
}

/** The output and the end of a process. */
export interface CulvertRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** Returns the command that starts the program under test, without arguments. */
export function programUnderTest(): readonly string[] {
  const binary = Deno.env.get("CULVERT_UNDER_TEST");
  if (binary !== undefined && binary !== "") return [binary];
  return [
    Deno.execPath(),
    "run",
    ...(Deno.env.get("CULVERT_PERMISSIONS") === "binary" ? PERMISSIONS : ["-A"]),
    "--no-check",
    "--quiet",
    `--config=${join(ROOT, "deno.json")}`,
    join(ROOT, "main.ts"),
  ];
}

/** Starts the program with pipes on all three streams, in a scrubbed environment. The caller must end it. */
export function startCulvert(args: readonly string[], options: CulvertOptions = {}): Deno.ChildProcess {
  return spawn(args, options, "piped");
}

function spawn(args: readonly string[], options: CulvertOptions, stdin: "piped" | "null"): Deno.ChildProcess {
  const [command, ...before] = programUnderTest();
  if (command === undefined) throw new Error("No program under test");
  return new Deno.Command(command, {
    args: [...before, ...args],
    clearEnv: true,
    env: scrubbedEnv({ CODEX_HOME: EMPTY_HOME, ...options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** An empty folder as `CODEX_HOME`, so that no test reads the developer's configuration. */
const EMPTY_HOME = Deno.makeTempDirSync({ prefix: "culvert-test-home-" });
globalThis.addEventListener("unload", () => Deno.removeSync(EMPTY_HOME, { recursive: true }));

/** Runs the program and waits for its end. */
export async function culvert(args: readonly string[], options: CulvertOptions = {}): Promise<CulvertRun> {
  const begin = performance.now();
  const { stdin } = options;
  const child = spawn(args, options, stdin === undefined ? "null" : "piped");
  const limit = setTimeout(() => child.kill("SIGKILL"), options.limitMs ?? 30_000);
  const feeding = stdin === undefined ? undefined : feed(child, stdin);
  const [output] = await Promise.all([child.output(), feeding]);
  clearTimeout(limit);
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
    durationMs: performance.now() - begin,
  };
}

async function feed(child: Deno.ChildProcess, text: string): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    // The program may end without reading its input.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Parses the JSONL that `--json` prints; throws on any line that is not JSON. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

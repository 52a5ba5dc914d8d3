/**
 * Runs the real program as a process: by `deno run`, or the binary that `CULVERT_UNDER_TEST` names. With
 * `CULVERT_PERMISSIONS=binary`, `deno run` grants exactly what the binary is compiled with.
 */
import { PERMISSIONS } from "../../.ci/permissions.ts";
import { fromFileUrl, join } from "./paths.ts";
import { scrubbedEnv } from "./scrubbed_env.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** How to run it. */
export interface CulvertOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Text to write to stdin before closing it. Absent: stdin is closed at once. */
  readonly stdin?: string;
  /** Ends the process with SIGKILL after so many ms. Default 30,000. */
  readonly limitMs?: number;
}

/** What it did. */
export interface CulvertRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** The command line that starts the program under test, without arguments. */
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

/** Starts it with pipes on all three streams, in a scrubbed environment. The caller ends it. */
export function startCulvert(args: readonly string[], options: CulvertOptions = {}): Deno.ChildProcess {
  const [command, ...before] = programUnderTest();
  if (command === undefined) throw new Error("No program under test");
  return new Deno.Command(command, {
    args: [...before, ...args],
    clearEnv: true,
    env: scrubbedEnv({ CODEX_HOME: EMPTY_HOME, ...options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** A folder that exists and holds no configuration, so that no test reads the developer's own. */
const EMPTY_HOME = Deno.makeTempDirSync({ prefix: "culvert-test-home-" });
globalThis.addEventListener("unload", () => Deno.removeSync(EMPTY_HOME, { recursive: true }));

/** Runs it to its end. */
export async function culvert(args: readonly string[], options: CulvertOptions = {}): Promise<CulvertRun> {
  const begin = performance.now();
  const child = startCulvert(args, options);
  const limit = setTimeout(() => child.kill("SIGKILL"), options.limitMs ?? 30_000);
  const writer = child.stdin.getWriter();
  const feeding = (async () => {
    if (options.stdin !== undefined) await writer.write(new TextEncoder().encode(options.stdin));
    await writer.close();
  })().catch((error: unknown) => {
    // The program may end without reading its input; that is its right.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  });
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

/** Parses the JSONL that `--json` prints; throws on any line that is not JSON. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

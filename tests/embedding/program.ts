/** A program that embeds culvert, run like a real one: from a separate folder with its own configuration. */
import { fromFileUrl, join } from "../support/paths.ts";
import { scrubbedEnv } from "../support/scrubbed_env.ts";

/** Of this repository. */
export const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** How to run one. */
export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of `deno run`. */
  readonly permissions: readonly string[];
}

/** Its output and exit code. */
export interface ProgramRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run `deno`. */
export interface DenoOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** It may have to fetch a package, so the proxies and roots of the machine are kept. */
  readonly fetches?: boolean;
}

/** Runs `deno` to its end without prompts. */
export async function deno(args: readonly string[], options: DenoOptions = {}): Promise<ProgramRun> {
  const quiet = { NO_COLOR: "1", DENO_NO_PROMPT: "1", DENO_NO_UPDATE_CHECK: "1", ...options.env };
  const output = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: options.cwd ?? ROOT,
    clearEnv: options.fetches !== true,
    env: options.fetches === true ? quiet : scrubbedEnv(quiet),
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}

/** A new program resolves its packages again; once they are cached, no run fetches them. */
let fetched: Promise<ProgramRun> | undefined;

/** Runs the source of a program that imports this package as described in the README. */
export async function runProgram(source: string, options: ProgramOptions): Promise<ProgramRun> {
  const folder = await Deno.makeTempDir({ prefix: "culvert-embedding-" });
  try {
    const imports = { "@culvert/culvert": "jsr:@culvert/culvert@^0.1.0" };
    await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify({ links: [ROOT], imports }));
    // A writable copy with the same versions, so that no registry is needed.
    await Deno.copyFile(join(ROOT, "deno.lock"), join(folder, "deno.lock"));
    await Deno.writeTextFile(join(folder, "ask.ts"), source);
    fetched ??= deno(["cache", "--quiet", "ask.ts"], { cwd: folder, fetches: true });
    const { code, stderr } = await fetched;
    if (code !== 0) throw new Error(`The packages of an embedding program cannot be had: ${stderr}`);
    const { args = [], env, permissions } = options;
    const flags = ["run", "--no-check", "--quiet", ...permissions];
    return await deno([...flags, "ask.ts", ...args], { cwd: folder, ...(env === undefined ? {} : { env }) });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

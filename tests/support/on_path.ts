/** Puts the program under test on the PATH as `culvert`, for command lines that a shell runs. */
import { programUnderTest } from "./culvert.ts";
import { join } from "./paths.ts";
import { scrubbedEnv } from "./scrubbed_env.ts";

/** A folder with `culvert` on the PATH. Removed when it is disposed of. */
export interface Workplace extends AsyncDisposable {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Creates the folder. The home folder of the developer is hidden. */
export async function workplace(env: Readonly<Record<string, string>> = {}): Promise<Workplace> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-work-" });
  const bin = join(directory, "bin");
  const home = join(directory, "home");
  await Deno.mkdir(bin);
  await Deno.mkdir(home);
  const words = programUnderTest().map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  await Deno.writeTextFile(join(bin, "culvert"), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, {
    mode: 0o755,
  });
  const scrubbed = scrubbedEnv();
  return {
    directory,
    env: {
      ...scrubbed,
      PATH: `${bin}:${scrubbed["PATH"] ?? ""}`,
      HOME: home,
      // Without this, the module cache would be looked for in the new home folder.
      DENO_DIR: await cacheDirectory(),
      ...env,
    },
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

/** The output and exit code of a program. */
export interface ShellRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in the folder, with stdin closed. */
export async function runIn(
  place: Workplace,
  command: string,
  args: readonly string[],
): Promise<ShellRun> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd: place.directory,
    clearEnv: true,
    env: { ...place.env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

let cache: string | undefined;

async function cacheDirectory(): Promise<string> {
  if (cache === undefined) {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
    const { denoDir }: { readonly denoDir: string } = JSON.parse(new TextDecoder().decode(stdout));
    cache = denoDir;
  }
  return cache;
}

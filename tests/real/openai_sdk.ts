/** Runs programs that use the SDK of the vendor (npm `openai`). */
import { join } from "../support/paths.ts";

/** The package, in the version of the module cache. */
export const PACKAGE = "npm:openai@7.57.0";

/** Runs a program with this Deno, without the configuration of the project and with the module cache only. */
export async function runProgram(
  program: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly text: string }> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-sdk-" });
  try {
    const file = join(directory, "program.mjs");
    await Deno.writeTextFile(file, program);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        "--cached-only",
        "--no-config",
        "--no-lock",
        "--node-modules-dir=none",
        file,
      ],
      env: { ...env },
      cwd: directory,
    }).output();
    return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const isCached = (await runProgram(`import "${PACKAGE}";`)).code === 0;

/** The reason why the SDK cannot be used here; `undefined` if it can. */
export const sdkMissing = isCached ? undefined : `${PACKAGE} is not in the module cache`;

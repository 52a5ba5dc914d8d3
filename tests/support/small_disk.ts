/** The real program with a file system that is soon full. */
import { programUnderTest } from "./culvert.ts";
import { scrubbedEnv } from "./scrubbed_env.ts";

/** What a script on a small disk has written. */
export interface SmallDiskRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a script of the shell with a file system of its own at `$DISK`, which exists for the script alone. In the
 * script, "$@" is the program.
 *
 * @param size of the file system, such as `200k`
 */
export async function onSmallDisk(
  size: string,
  script: string,
  env: Readonly<Record<string, string>> = {},
): Promise<SmallDiskRun> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-disk-" });
  try {
    const mount = `mount -t tmpfs -o size=${size} none "$DISK" || exit 99\n`;
    const { code, stdout, stderr } = await new Deno.Command("timeout", {
      args: ["60", "unshare", "-m", "sh", "-c", mount + script, "sh", ...programUnderTest()],
      clearEnv: true,
      env: scrubbedEnv({ DISK: directory, ...env }),
      stdin: "null",
    }).output();
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Returns why no file system can be mounted here; `undefined` where one can. */
export async function withoutSmallDisk(): Promise<string | undefined> {
  const reason = "no file system can be mounted here";
  try {
    const script = "mount -t tmpfs -o size=8k none /mnt";
    const { success } = await new Deno.Command("unshare", { args: ["-m", "sh", "-c", script] }).output();
    return success ? undefined : reason;
  } catch {
    return reason;
  }
}

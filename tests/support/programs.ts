/** Which of the programs that tests in `tests/real` need are on this machine. */
import { skippedIf } from "./skipped.ts";

/** Where Debian keeps daemons; not on the PATH of every user. */
const DAEMONS = ["/usr/sbin", "/sbin"];

/** The path of `name`, looked for on the PATH and among the daemons; an absolute path is only checked. */
export async function locate(name: string): Promise<string | undefined> {
  const directories = [...(Deno.env.get("PATH") ?? "").split(":"), ...DAEMONS];
  const paths = name.startsWith("/") ? [name] : directories.map((directory) => `${directory}/${name}`);
  for (const path of paths) {
    try {
      if ((await Deno.stat(path)).isFile) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    }
  }
  return undefined;
}

/** Whether {@link locate} finds it. */
export async function installed(name: string): Promise<boolean> {
  return await locate(name) !== undefined;
}

/**
 * A test that needs other programs. Where one is missing it is skipped, and its name says which.
 *
 * @param needs names of programs on the PATH
 * @param name a sentence
 * @param body the test
 */
export async function testWith(
  needs: readonly string[],
  name: string,
  body: () => Promise<void> | void,
): Promise<void> {
  const missing: string[] = [];
  for (const program of needs) if (!await installed(program)) missing.push(program);
  const lacks = missing.length > 0 ? `${missing.join(", ")} not installed` : undefined;
  Deno.test({
    ...skippedIf(lacks, name),
    fn: async () => await body(),
  });
}

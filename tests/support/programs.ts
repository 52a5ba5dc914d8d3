/** Finds the programs that the tests in `tests/real` need. */
import { skippedIf } from "./skipped.ts";

/** Folders of daemons on Debian, which are not on the PATH of every user. */
const DAEMONS = ["/usr/sbin", "/sbin"];

/** Returns the path of a program: searches the PATH and the folders of daemons; checks an absolute path. */
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

/** Returns whether a program is installed. */
export async function installed(name: string): Promise<boolean> {
  return await locate(name) !== undefined;
}

/**
 * Registers a test that needs other programs. It is skipped if one is missing, which its name then contains.
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

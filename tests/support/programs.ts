/** Which of the programs that tests in `tests/real` need are on this machine. */

/** Whether `name` is on the PATH. */
export async function installed(name: string): Promise<boolean> {
  for (const directory of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if ((await Deno.stat(`${directory}/${name}`)).isFile) return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    }
  }
  return false;
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
  const skipped = missing.length > 0;
  Deno.test({
    name: skipped ? `${name} (skipped: ${missing.join(", ")} not installed)` : name,
    ignore: skipped,
    fn: async () => await body(),
  });
}

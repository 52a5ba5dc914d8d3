/** Deliberate defects of the program, as text: each must be caught by the tests that it names. */
import { fromFileUrl, join } from "../support/paths.ts";

/** The folder of the repository. */
export const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const LIST = new URL("./list/", import.meta.url);

/** One defect: a piece of a file, and what stands in its place. */
export interface Defect {
  readonly name: string;
  /** Path of the file from the root of the repository. */
  readonly file: string;
  /** Paths of the test files and folders that must catch it. */
  readonly tests: readonly string[];
  readonly before: string;
  readonly after: string;
}

const FORM = /^file: (\S+)\ntests: (.+)\n=== before\n([^]*?)=== after\n([^]*)$/;

/** Reads the list, in the order of the names. @throws Error for a file that does not have the form of a defect */
export async function readDefects(): Promise<readonly Defect[]> {
  const names = (await Array.fromAsync(Deno.readDir(LIST))).map(({ name }) => name).sort();
  return await Promise.all(names.map(async (name) => {
    const [, file, tests, before, after] = FORM.exec(await Deno.readTextFile(new URL(name, LIST))) ?? [];
    if (file === undefined || tests === undefined || before === undefined || after === undefined) {
      throw new Error(`${name} does not have the form of a defect`);
    }
    return { name: name.replace(/\.txt$/, ""), file, tests: tests.split(" "), before, after };
  }));
}

/** Applies a defect to a text. @throws Error where the piece does not stand in it exactly once */
export function apply(defect: Defect, text: string): string {
  const { name } = defect;
  // In the list a piece of a line stands on a line of its own.
  const isWhole = text.includes(defect.before);
  const [before, after] = [defect.before, defect.after].map((piece) =>
    isWhole ? piece : piece.replace(/\n$/, "")
  );
  const [head, tail, ...more] = text.split(before ?? "");
  if (head === undefined || tail === undefined || more.length > 0) {
    throw new Error(`The piece of the defect "${name}" does not stand exactly once in its file`);
  }
  return head + (after ?? "") + tail;
}

/** What became of one defect. */
export type Verdict = "caught" | "NOT CAUGHT" | "does not load" | "hangs";

/** Longest time for the tests of one defect, ms. A test that only hangs notices nothing. */
const LIMIT_MS = 240_000;

/** Runs the tests of a defect in a copy of the repository that has it. */
export async function judge(copy: string, tests: readonly string[]): Promise<Verdict> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--parallel", ...tests.map((test) => join(copy, test))],
    cwd: copy,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, LIMIT_MS);
  const { code, stdout } = await child.output();
  clearTimeout(limit);
  if (isLate) return "hangs";
  if (code === 0) return "NOT CAUGHT";
  const text = new TextDecoder().decode(stdout);
  return /\| \d+ passed .*\| [1-9]\d* failed/.test(text) && !text.includes("(uncaught error)")
    ? "caught"
    : "does not load";
}

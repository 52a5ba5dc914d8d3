/** Deliberate defects of the program, as text: each must be caught by the tests that it names. */
import { fromFileUrl, join } from "../support/paths.ts";

/** The folder of the repository. */
export const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const LIST = new URL("./list/", import.meta.url);

/** One defect: a part of a file, and its replacement. */
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

/** Applies a defect to a text. @throws Error if the part does not occur in it exactly once */
export function apply(defect: Defect, text: string): string {
  const { name } = defect;
  // In the list, a part of a line is on a separate line.
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

/** The outcome of one defect. */
export type Verdict = "caught" | "NOT CAUGHT" | "does not load" | "hangs";

/** The end of a run of tests. */
export interface TestRun {
  /** Tests that failed, with their files. */
  readonly failures: ReadonlySet<string>;
  readonly end: "passed" | "failed" | "does not load" | "hangs";
}

/** Runs tests in a copy of the repository. @param limitMs longest time for all of them, ms */
export async function runTests(copy: string, tests: readonly string[], limitMs: number): Promise<TestRun> {
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
  }, limitMs);
  const { code, stdout } = await child.output();
  clearTimeout(limit);
  const text = new TextDecoder().decode(stdout);
  const named = text.slice(text.lastIndexOf(" FAILURES ")).matchAll(/^(.+ => \S+?):\d+:\d+$/gm);
  const failures = new Set(code === 0 || isLate ? [] : [...named].map(([, name = ""]) => name));
  const isUnloaded = failures.size === 0 || text.includes("(uncaught error)");
  return {
    failures,
    end: isLate ? "hangs" : code === 0 ? "passed" : isUnloaded ? "does not load" : "failed",
  };
}

/**
 * Evaluates the run of the tests of a defect. A test that only hangs does not catch it, and neither does one
 * that fails without the defect.
 *
 * @param before failures without the defect
 */
export function verdictOf({ end, failures }: TestRun, before: ReadonlySet<string>): Verdict {
  if (end === "hangs" || end === "does not load") return end;
  return [...failures].some((name) => !before.has(name)) ? "caught" : "NOT CAUGHT";
}

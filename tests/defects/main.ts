/**
 * `deno task defects [NAME…]`: puts each deliberate defect into a copy of the repository, runs the tests that
 * must catch it, and prints the outcome. The exit code is 1 if more than two are not caught.
 */
import { join } from "../support/paths.ts";
import { apply, readDefects, ROOT, runTests, type Verdict, verdictOf } from "./defect.ts";

const PARTS = [
  "lib",
  "tests",
  "fixtures",
  ".ci",
  "main.ts",
  "deno.json",
  "deno.lock",
  "README.md",
  "LICENSE",
];
/** Maximum number of defects that are not caught. */
const TOLERATED = 2;

async function copyInto(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copyInto(join(from, name), join(to, name));
}

/** Longest time for the tests of one defect, and of all defects together, ms. */
const LIMIT_MS = 240_000;
const BASE_LIMIT_MS = 1_200_000;

const defects = (await readDefects()).filter(({ name }) =>
  Deno.args.length === 0 || Deno.args.includes(name)
);
const copy = await Deno.makeTempDir({ prefix: "culvert-defects-" });
const outcomes: Verdict[] = [];
try {
  for (const part of PARTS) await copyInto(join(ROOT, part), join(copy, part));
  const all = [...new Set(defects.flatMap(({ tests }) => tests))];
  const base = await runTests(copy, all, BASE_LIMIT_MS);
  console.log(`without a defect: ${base.end}`);
  for (const name of base.failures) console.log(`  fails without a defect: ${name}`);
  for (const defect of defects) {
    const path = join(copy, defect.file);
    const whole = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, apply(defect, whole));
    const verdict = verdictOf(await runTests(copy, defect.tests, LIMIT_MS), base.failures);
    await Deno.writeTextFile(path, whole);
    outcomes.push(verdict);
    console.log(`${verdict.padEnd(13)} ${defect.name.padEnd(60)} ${defect.file}`);
  }
} finally {
  await Deno.remove(copy, { recursive: true });
}
const missed = outcomes.filter((verdict) => verdict !== "caught").length;
console.log(`${outcomes.length - missed} of ${outcomes.length} caught`);
if (missed > TOLERATED) Deno.exit(1);

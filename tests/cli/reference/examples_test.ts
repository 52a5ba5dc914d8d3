import { unlessLacking } from "../../support/runtime_abilities.ts";
import { everyManual } from "../../support/every_manual.ts";
import { assertEquals } from "../../support/assert.ts";
import { FOREIGN_SHELL, furnished } from "../../support/examples.ts";
import { runIn } from "../../support/on_path.ts";
import { skippedIf } from "../../support/skipped.ts";

/** Examples that need a person, a login that a test cannot have, a database or a collector; or that end with Ctrl-C. */
const NOT_ALONE = new Set([
  "culvert auth login",
  "culvert auth login --device",
  "culvert auth login --access-token < token.txt",
  "culvert auth refresh",
  "culvert view capture",
  "culvert replay capture --port 8787 --fault cut@3 --fault 429:2#2 --strict",
  "culvert export capture --to clickhouse http://127.0.0.1:8123/",
  "culvert export capture --to otlp http://127.0.0.1:4318/",
  "culvert trace export latest http://127.0.0.1:4318/ --root traces --share",
]);

const lines = (await everyManual()).flatMap(({ examples }) => examples);

/** Why an example is not run here; nothing if it is. */
function obstacle(line: string): string | undefined {
  if (NOT_ALONE.has(line)) {
    return "it needs a person, a login, a database or a collector, or ends with Ctrl-C";
  }
  if (FOREIGN_SHELL.test(line)) return "it is for another shell";
  return Deno.build.os === "windows" ? "there is no bash here" : undefined;
}

for (const line of new Set(lines)) {
  const name = `the example runs as written: ${line}`;
  const reason = obstacle(line);
  Deno.test(
    reason === undefined ? unlessLacking(name) : skippedIf(reason, name),
    async () => {
      await using place = await furnished();
      // As in a careful script: a failure anywhere in a pipeline counts.
      const run = await runIn(place, "bash", ["-o", "pipefail", "-c", line]);
      assertEquals(run.code, 0, `${run.stdout}\n${run.stderr}`);
    },
  );
}

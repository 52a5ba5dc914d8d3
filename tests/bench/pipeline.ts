/**
 * Measures 100,000 short deltas through a pipe: `respond | cat` beside `curl | sed | jq` and beside `curl | cat`. Whole
 * processes, wall time, alternating. The program is the one that `CULVERT_UNDER_TEST` names, else
 * `deno run main.ts`.
 */
import { programUnderTest } from "../support/culvert.ts";
import { installed } from "../support/programs.ts";
import { scrubbedEnv } from "../support/scrubbed_env.ts";
import { startServer } from "./child.ts";
import { best, type Finding, median } from "./measure.ts";

const DELTAS = 100_000;
const RUNS = 9;

/** Measures the three pipelines. */
export async function pipeline(): Promise<readonly Finding[]> {
  const names = {
    today: "respond | cat, 100,000 deltas, to curl | sed | jq",
    floor: "respond | cat, 100,000 deltas, to curl -N | cat",
  };
  const missing: string[] = [];
  for (const program of ["bash", "curl", "sed", "jq"]) if (!await installed(program)) missing.push(program);
  if (missing.length > 0) {
    const measured = `${missing.join(", ")} not installed`;
    return Object.values(names).map((name) => ({ name, measured, bar: "none", passed: undefined }));
  }
  await using server = await startServer("stream_server.ts");
  const base = `http://127.0.0.1:${server.line}/${DELTAS}/v1`;
  const words = programUnderTest().map((word) => `'${word}'`).join(" ");
  const curl = `curl -sN -X POST -H 'content-type: application/json' -d '{}' ${base}/responses`;
  const lines = {
    ours: `${words} respond --base-url ${base} hi | cat`,
    today: `${curl} | sed -n 's/^data: //p' | jq -rj '.delta // empty'`,
    floor: `${curl} | cat`,
  };
  const [said, expected] = [await shell(lines.ours, "piped"), await shell(lines.today, "piped")];
  // The answer ends with a newline, which jq -j does not write.
  if (said.trimEnd() !== expected || said.length < DELTAS) {
    throw new Error("The pipelines do not print the same");
  }
  const times = { ours: [] as number[], today: [] as number[], floor: [] as number[] };
  for (let run = 0; run < RUNS; run++) {
    for (const name of ["ours", "today", "floor"] as const) {
      times[name].push(await best(1, async () => void await shell(lines[name], "null")));
    }
  }
  const ours = median(times.ours);
  const versus = (rival: "today" | "floor") => {
    const theirs = median(times[rival]);
    return `${(ours / theirs).toFixed(2)} times its time (medians ${ours.toFixed(0)} ms to ${
      theirs.toFixed(0)
    } ms)`;
  };
  return [
    {
      name: names.today,
      measured: versus("today"),
      bar: "at most 0.45",
      passed: ours <= median(times.today) * 0.45,
    },
    { name: names.floor, measured: versus("floor"), bar: "none: it prints the raw stream", passed: true },
  ];
}

async function shell(line: string, stdout: "piped" | "null"): Promise<string> {
  const { code, stdout: bytes, stderr } = await new Deno.Command("bash", {
    args: ["-o", "pipefail", "-c", stdout === "null" ? `{ ${line}; } >/dev/null` : line],
    clearEnv: true,
    env: scrubbedEnv({ CULVERT_API_KEY: "sk-bench", CODEX_HOME: Deno.env.get("TMPDIR") ?? "/tmp" }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (code !== 0) throw new Error(`${line} exited with ${code}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(bytes);
}

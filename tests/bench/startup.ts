/**
 * Measures the processor time of a start: whole processes, ours and an empty one of the same kind alternating. With
 * `CULVERT_UNDER_TEST` both are compiled (`COMPILE_DENO` and `DENORT_BIN` as in `.ci/compile.ts`); else both are
 * `deno run`.
 */
import { programUnderTest } from "../support/culvert.ts";
import { type Finding, median } from "./measure.ts";
import { processorTime } from "./process_cost.ts";

const RUNS = 21;

/** How many times the processor time of the empty program each start may take. */
interface Bars {
  readonly version: number;
  readonly request: number;
}

const COMPILED: Bars = { version: 1.3, request: 2.2 };
const FROM_SOURCE: Bars = { version: 6, request: 6 };

/** Measures `--version`, and `respond` until its request is on the wire. Compares the medians. */
export async function startup(): Promise<readonly Finding[]> {
  const isCompiled = (Deno.env.get("CULVERT_UNDER_TEST") ?? "") !== "";
  const bars = isCompiled ? COMPILED : FROM_SOURCE;
  const kind = isCompiled ? "an empty compiled program" : "an empty deno run";
  if (Deno.build.os === "windows") {
    const measured = "bash counts the time, and is not on Windows";
    return [{ name: "start-up", measured, bar: `${bars.version} and ${bars.request}`, passed: undefined }];
  }
  const directory = await Deno.makeTempDir({ prefix: "culvert-startup-" });
  try {
    const empty = `${directory}/empty.ts`;
    await Deno.writeTextFile(empty, "export {};\n");
    const command = isCompiled ? [await compileEmpty(directory)] : [Deno.execPath(), "run", empty];
    const rival = () => processorTime({ command });
    const version = () => processorTime({ command: [...programUnderTest(), "--version"] });
    return [
      await compare("start-up of --version", kind, bars.version, version, rival),
      await compare(
        "start-up of respond, until its request is on the wire",
        kind,
        bars.request,
        untilRequest,
        rival,
      ),
    ];
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Compiles an empty program with the same runtime as the program under test. */
async function compileEmpty(directory: string): Promise<string> {
  const source = `${directory}/empty.js`;
  const binary = `${directory}/empty`;
  await Deno.writeTextFile(source, "export {};\n");
  const { success, stderr } = await new Deno.Command(Deno.env.get("COMPILE_DENO") || Deno.execPath(), {
    args: ["compile", "--quiet", "--no-check", "--no-config", "--no-code-cache", "--output", binary, source],
  }).output();
  if (!success) throw new Error(`Cannot compile an empty program: ${new TextDecoder().decode(stderr)}`);
  return binary;
}

async function untilRequest(): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/v1`;
  let connection: Deno.Conn | undefined;
  const asked = (async () => {
    connection = await listener.accept();
    await connection.read(new Uint8Array(4096));
  })();
  try {
    return await processorTime({
      command: [...programUnderTest(), "respond", "--base-url", url, "hi"],
      until: asked,
      env: { CULVERT_API_KEY: "sk-bench" },
    });
  } finally {
    connection?.close();
    listener.close();
  }
}

async function compare(
  name: string,
  kind: string,
  bar: number,
  ours: () => Promise<number>,
  rival: () => Promise<number>,
): Promise<Finding> {
  // The first run of each fills the runtime's caches.
  await ours();
  await rival();
  const [times, rivals]: [number[], number[]] = [[], []];
  for (let run = 0; run < RUNS; run++) {
    times.push(await ours());
    rivals.push(await rival());
  }
  const ratio = median(times) / median(rivals);
  return {
    name,
    measured: `${ratio.toFixed(2)} times the processor time of ${kind} ` +
      `(medians ${median(times).toFixed(0)} ms to ${median(rivals).toFixed(0)} ms; ` +
      `minima ${Math.min(...times).toFixed(0)} to ${Math.min(...rivals).toFixed(0)})`,
    bar: `at most ${bar}`,
    passed: ratio <= bar,
  };
}

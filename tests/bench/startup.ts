/**
 * What a start costs: processor time of whole processes beside an empty `deno run`, each taking turns. The program
 * is the one that `CULVERT_UNDER_TEST` names, else `deno run main.ts`.
 */
import { programUnderTest } from "../support/culvert.ts";
import type { Finding } from "./measure.ts";
import { processorTime } from "./process_cost.ts";

const RUNS = 21;

/** Measures `--version`, and `respond` until its request is on the wire. By the least: load adds, and never takes. */
export async function startup(): Promise<readonly Finding[]> {
  if (Deno.build.os === "windows") {
    const measured = "bash counts the time, and is not on Windows";
    return [{ name: "start-up", measured, bar: "1.3 for --version, 4 for respond", passed: undefined }];
  }
  const directory = await Deno.makeTempDir({ prefix: "culvert-startup-" });
  const empty = `${directory}/empty.ts`;
  await Deno.writeTextFile(empty, "export {};\n");
  const rival = () => processorTime({ command: [Deno.execPath(), "run", empty] });
  try {
    const version = () => processorTime({ command: [...programUnderTest(), "--version"] });
    return [
      await compare("start-up of --version", 1.3, version, rival),
      await compare("start-up of respond, until its request is on the wire", 4, untilRequest, rival),
    ];
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
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
  const [least, leastOfRival] = [Math.min(...times), Math.min(...rivals)];
  const ratio = least / leastOfRival;
  return {
    name,
    measured: `${ratio.toFixed(2)} times the processor time of an empty deno run ` +
      `(${least.toFixed(0)} ms to ${leastOfRival.toFixed(0)} ms; ` +
      `medians ${median(times).toFixed(0)} to ${median(rivals).toFixed(0)})`,
    bar: `at most ${bar}`,
    passed: ratio <= bar,
  };
}

function median(times: readonly number[]): number {
  return times.toSorted((left, right) => left - right)[Math.floor(times.length / 2)] ?? NaN;
}

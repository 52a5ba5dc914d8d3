/**
 * Measures size on disk and resident memory while 100,000 deltas stream, beside `deno run` and the
 * codex client. The binary is the one that `CULVERT_UNDER_TEST` names, else `dist/culvert`.
 */
import { installed } from "../support/programs.ts";
import { fromFileUrl } from "../support/paths.ts";
import { scrubbedEnv } from "../support/scrubbed_env.ts";
import { startServer } from "./child.ts";
import type { Finding } from "./measure.ts";

const DELTAS = 100_000;
const POLL_MS = 5;
const ROOT = new URL("../../", import.meta.url);

/** The size of a program. */
interface Footprint {
  /** Size of the executable, MB. */
  readonly disk: number;
  /** Peak resident memory of its largest process, MB. */
  readonly resident: number;
}

/** Measures the programs that are installed. The bar applies to the binary, and is skipped without one. */
export async function footprint(): Promise<readonly Finding[]> {
  const name = "on disk, and resident while 100,000 deltas stream";
  const bar = "100 MB on disk, 120 MB resident";
  if (Deno.build.os !== "linux") {
    return [{ name, measured: "only Linux tells the memory of a process", bar, passed: undefined }];
  }
  await using server = await startServer("stream_server.ts");
  const base = `http://127.0.0.1:${server.line}/${DELTAS}/v1`;
  const home = await Deno.makeTempDir({ prefix: "culvert-footprint-" });
  try {
    await Deno.writeTextFile(
      `${home}/config.toml`,
      `model = "bench"\nmodel_provider = "bench"\n[model_providers.bench]\nname = "bench"\n` +
        `base_url = "${base}"\nenv_key = "CULVERT_API_KEY"\nwire_api = "responses"\n`,
    );
    const words = ["respond", "--transport", "sse", "hi"];
    const binary = Deno.env.get("CULVERT_UNDER_TEST") || fromFileUrl(new URL("dist/culvert", ROOT));
    const source = ["run", "-A", "--no-check", fromFileUrl(new URL("main.ts", ROOT)), ...words];
    const ours = await installed(binary) ? await measure(binary, words, home) : undefined;
    const parts = [
      ours === undefined ? "no binary (deno task compile)" : `binary ${said(ours)}`,
      `deno run ${said(await measure(Deno.execPath(), source, home))}`,
      await installed("codex")
        ? `codex ${said(await measure("codex", ["exec", "--skip-git-repo-check", "hi"], home))}`
        : "codex not installed",
    ];
    const passed = ours === undefined ? undefined : ours.disk <= 100 && ours.resident <= 120;
    return [{ name, measured: parts.join("; "), bar, passed }];
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

function said({ disk, resident }: Footprint): string {
  return `${disk.toFixed(0)} MB, ${resident.toFixed(0)} MB`;
}

async function measure(command: string, args: readonly string[], home: string): Promise<Footprint> {
  const child = new Deno.Command(command, {
    args: [...args],
    clearEnv: true,
    env: scrubbedEnv({ CODEX_HOME: home, CULVERT_API_KEY: "sk-bench" }),
    cwd: home,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let largest: Footprint = { disk: 0, resident: 0 };
  let isOver = false;
  const ended = child.status.finally(() => (isOver = true));
  while (!isOver) {
    for (const pid of treeOf(child.pid)) {
      const one = look(pid);
      if (one !== undefined && one.resident > largest.resident) largest = one;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const { code } = await ended;
  if (code !== 0) throw new Error(`${command} exited with ${code}`);
  return largest;
}

/** Returns the process and its descendants: npm installs a script that starts the program. */
function treeOf(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").map(Number).filter((one) => one > 0);
  return [pid, ...children.flatMap(treeOf)];
}

function look(pid: number): Footprint | undefined {
  const [, highest] = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`)) ?? [];
  if (highest === undefined) return undefined;
  try {
    return { disk: Deno.statSync(`/proc/${pid}/exe`).size / 1e6, resident: Number(highest) * 1024 / 1e6 };
  } catch {
    return undefined;
  }
}

/** Returns an empty text where the process has ended. */
function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

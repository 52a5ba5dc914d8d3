/**
 * What `culvert ca env` does.
 *
 * @module
 */
import { absolutePath } from "../../absolute_path.ts";
import { CulvertError } from "../../errors.ts";
import { rootsReader } from "../../net/system_roots.ts";
import { cleanBundle } from "../../trust/clean_bundle.ts";
import type { World } from "../../world.ts";
import type { EnvFlags } from "../commands/ca.ts";
import type { CliContext } from "../context.ts";
import { createVoice } from "../voice.ts";
import { chooseBundle, openBundle } from "./open_bundle.ts";
import { CA_PROGRAMS, exportLine, guessShell } from "./shell_exports.ts";
import { LATE } from "../late_modules.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: EnvFlags): Promise<void> {
  const { host } = context;
  const { world } = host;
  const voice = createVoice(host, flags);
  const selection = chooseBundle(host, flags.caCert);
  const bundle = selection === undefined ? undefined : await openBundle(host, selection);
  bundle?.warnings.forEach(voice.warn);
  if (bundle === undefined) {
    voice.warn({ code: "ca_none", message: "No CA bundle is in force; the file holds public roots only" });
  }
  const roots = rootsReader({ world });
  const [system, mozilla] = await Promise.all([roots.system(), roots.mozilla()]);
  [...system.warnings, ...mozilla.warnings].forEach(voice.warn);
  const own = bundle?.certificates.map((certificate) => certificate.pem) ?? [];
  const { text, count } = cleanBundle([...own, ...system.pems, ...mozilla.pems]);
  const path = flags.output === undefined ? await cacheFile(world) : absolutePath(flags.output, world.cwd());
  const { writeAtomically } = await LATE.answerFile();
  await writeAtomically(path, text);
  voice.note(`${count} certificates written to ${path}`);
  if (flags.json === true) {
    const variables = Object.fromEntries(CA_PROGRAMS.map(([, variable]) => [variable, path]));
    await host.stdout.write(`${JSON.stringify({ schema_version: 1, bundle: path, variables })}\n`);
    return;
  }
  const shell = flags.shell ?? guessShell(world.env("SHELL"));
  const lines = CA_PROGRAMS.map(([, variable]) => exportLine(shell, variable, path));
  await host.stdout.write(`${lines.join("\n")}\n`);
}

/** One file a user: lines in a shell's start-up file stay true when the bundle behind them is renewed. */
async function cacheFile(world: World): Promise<string> {
  const folder = cacheFolder(world);
  if (folder === undefined) {
    throw new CulvertError("output_unwritable", "Cannot tell where to write the bundle: HOME is not set", {
      hint: "Name a file with -o.",
    });
  }
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CulvertError("output_unwritable", `Cannot make the folder "${folder}": ${reason}`, {
      hint: "Name a file with -o.",
      details: { path: folder },
      cause: error,
    });
  }
  return absolutePath("ca-bundle.pem", folder);
}

function cacheFolder(world: World): string | undefined {
  const cache = world.env("XDG_CACHE_HOME");
  // The XDG specification wants relative values ignored.
  if (cache?.startsWith("/") === true) return `${cache}/culvert`;
  if (Deno.build.os === "windows") {
    const local = world.env("LOCALAPPDATA");
    return local === undefined || local === "" ? undefined : `${local}\\culvert\\cache`;
  }
  const home = world.home();
  if (home === undefined || home === "") return undefined;
  return Deno.build.os === "darwin" ? `${home}/Library/Caches/culvert` : `${home}/.cache/culvert`;
}

/**
 * Implements `culvert ca env`.
 *
 * @module
 */
import { absolutePath } from "../../world/absolute_path.ts";
import { CA_PROGRAMS } from "../../capture/child/ca_variables.ts";
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import type { Bundle } from "../../trust/bundle/bundle.ts";
import type { Selection } from "../../trust/bundle/selection.ts";
import { rootsReader } from "../../trust/roots/system_roots.ts";
import { cleanBundle } from "../../trust/bundle/clean_bundle.ts";
import type { World } from "../../world/world.ts";
import type { EnvFlags } from "./command.ts";
import type { CliContext } from "../command/context.ts";
import type { Host } from "../command/host.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import { copyMark, isReadableByCodex, originOf } from "./company_original.ts";
import { chooseBundle, openBundle } from "./open_bundle.ts";
import { exportLine, guessShell } from "./shell_exports.ts";

const CODEX = "CODEX_CA_CERTIFICATE";

/**
 * Writes bundle and public roots to one file, and prints the commands of a shell that set the CA variables of other
 * programs to it.
 *
 * @throws CulvertError `usage`, `ca_unreadable`, `ca_invalid`, `output_unwritable`
 */
export async function run(context: CliContext, flags: EnvFlags): Promise<void> {
  const { host } = context;
  const { world } = host;
  const reporter = createReporter(host, flags);
  if (flags.output === "-") {
    throw new CulvertError(
      "usage",
      "-o - cannot be used: the variables name the file of the bundle, and are printed on standard output",
      {
        hint: "Name a file with -o. To print the bundle: culvert ca bundle --with-system",
        details: { flag: "--output" },
      },
    );
  }
  const selection = await chooseOriginal(host, flags, reporter);
  const bundle = selection === undefined ? undefined : await openBundle(host, selection);
  bundle?.warnings.forEach(reporter.warn);
  if (bundle === undefined) {
    reporter.warn({
      code: "ca_none",
      message: "No CA bundle is in force; the file contains only public roots",
    });
  }
  const roots = rootsReader({ world });
  const [system, mozilla] = await Promise.all([roots.system(), roots.mozilla()]);
  [...system.warnings, ...mozilla.warnings].forEach(reporter.warn);
  const own = bundle?.certificates.map((certificate) => certificate.pem) ?? [];
  const { text, count } = cleanBundle([...own, ...system.pems, ...mozilla.pems]);
  const path = flags.output === undefined ? await cacheFile(world) : absolutePath(flags.output, world.cwd());
  const { writeOutput } = await import("../output/output_file.ts");
  await writeOutput(host, path, `${copyMark(bundle?.source.path)}${text}`);
  reporter.note(`${count} certificates written to ${path}`);
  const codex = await codexChoice(bundle, path, world);
  const values: readonly (readonly [string, string])[] = CA_PROGRAMS.flatMap(([, variable]) => {
    const value = variable === CODEX ? codex.path : path;
    return value === undefined ? [] : [[variable, value]];
  });
  if (flags.json === true) {
    const variables = Object.fromEntries(values);
    const original = bundle?.source.path ?? null;
    await host.stdout.write(`${JSON.stringify({ schema_version: 1, bundle: path, original, variables })}\n`);
    return;
  }
  const shell = flags.shell ?? guessShell(world.env("SHELL"));
  const lines = values.map(([variable, value]) => exportLine(shell, variable, value));
  // The comment comes last: an unquoted `eval $(…)` joins all lines, and a comment hides the rest of the line. It has no
  // path, because a line break in the path would end the comment.
  await host.stdout.write(`${[...lines, `# ${codex.comment}`].join("\n")}\n`);
}

/** Selects the bundle in force. If it is a copy that this command made, its original is selected. */
async function chooseOriginal(
  host: Host,
  flags: EnvFlags,
  reporter: Reporter,
): Promise<Selection | undefined> {
  const selection = chooseBundle(host, flags.caCert);
  if (selection === undefined) return undefined;
  const origin = await originOf(selection, host.world);
  switch (origin.kind) {
    case "itself":
      return selection;
    case "public":
      return undefined;
    case "copy":
      return { source: { kind: "file", name: "FILE", path: origin.path }, value: origin.path };
    case "orphan":
      reporter.warn({
        code: "ca_original_gone",
        message:
          `${selection.source.path} was made from ${origin.path}, which no longer exists; the copy is not changed`,
      });
      return selection;
  }
}

/**
 * Returns the value of `CODEX_CA_CERTIFICATE`, which culvert also reads first, and a comment with the reason.
 */
async function codexChoice(
  bundle: Bundle | undefined,
  copy: string,
  world: World,
): Promise<{ readonly path?: string; readonly comment: string }> {
  if (bundle === undefined) {
    return { comment: `${CODEX} is not set: without a bundle codex trusts the roots of the system` };
  }
  if (bundle.source.path !== copy && await isReadableByCodex(bundle, world)) {
    return {
      path: bundle.source.path,
      comment: `${CODEX} names the original, so that codex and culvert read later changes to it`,
    };
  }
  return {
    path: copy,
    comment:
      `${CODEX} names a copy, because codex cannot read the original: run this command again after the original has changed`,
  };
}

/** Returns the file in the cache folder. Its path is constant, so that lines in a shell's start-up file remain valid. */
async function cacheFile(world: World): Promise<string> {
  const folder = cacheFolder(world);
  if (folder === undefined) {
    throw new CulvertError("output_unwritable", "Cannot choose a file for the bundle: HOME is not set", {
      hint: "Name a file with -o.",
    });
  }
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    const reason = fileProblem(error);
    throw new CulvertError("output_unwritable", `Cannot create the folder "${folder}": ${reason}`, {
      hint: "Name a file with -o.",
      details: { path: folder },
      cause: error,
    });
  }
  return absolutePath("ca-bundle.pem", folder);
}

function cacheFolder(world: World): string | undefined {
  const cache = world.env("XDG_CACHE_HOME");
  // The XDG Base Directory Specification says that relative values are ignored.
  if (cache?.startsWith("/") === true) return `${cache}/culvert`;
  if (Deno.build.os === "windows") {
    const local = world.env("LOCALAPPDATA");
    return local === undefined || local === "" ? undefined : `${local}\\culvert\\cache`;
  }
  const home = world.home();
  if (home === undefined || home === "") return undefined;
  return Deno.build.os === "darwin" ? `${home}/Library/Caches/culvert` : `${home}/.cache/culvert`;
}

/**
 * Selects and reads the bundle of a `ca` command: a file, standard input, or the bundle in force.
 *
 * @module
 */
import { absolutePath } from "../../world/absolute_path.ts";
import { CulvertError } from "../../errors.ts";
import { checkRoot } from "../../trust/roots/system_roots.ts";
import type { Bundle } from "../../trust/bundle/bundle.ts";
import { LARGEST_BUNDLE } from "../../trust/bundle/bundle_file.ts";
import { readBundle } from "../../trust/bundle/bundle_reader.ts";
import { readSelected } from "../../trust/bundle/read_selected.ts";
import { CA_FLAG, CA_VARIABLES, selectBundle, type Selection } from "../../trust/bundle/selection.ts";
import type { Host } from "../command/host.ts";
import { joinBytes } from "../../text/join_bytes.ts";

/**
 * Selects the bundle.
 *
 * @param host the environment and the working directory
 * @param flag the value of `--ca-cert`
 * @param file the path as typed; `-` is standard input
 * @returns `undefined` if no file is given and no bundle is in force
 */
export function chooseBundle(host: Host, flag: string | undefined, file?: string): Selection | undefined {
  const cwd = host.world.cwd();
  if (file === undefined) return selectBundle({ flag, env: host.world.env, cwd });
  const path = file === "-" ? "-" : absolutePath(file, cwd);
  return { source: { kind: "file", name: "FILE", path }, value: file };
}

/**
 * Makes the error `ca_unreadable` of a command that needs a bundle.
 */
export function noBundle(): CulvertError {
  return new CulvertError(
    "ca_unreadable",
    `No CA bundle is in force: neither ${[CA_FLAG, ...CA_VARIABLES].join(" nor ")} is set`,
    { hint: "Name a file. Without a bundle, the roots of Mozilla and of the operating system apply." },
  );
}

/**
 * Reads the selected bundle.
 *
 * @throws CulvertError `ca_unreadable`, `ca_invalid`
 */
export async function openBundle(host: Host, selection: Selection): Promise<Bundle> {
  const { source } = selection;
  if (source.path !== "-") return await readSelected(selection, host.world, undefined, checkRoot);
  return readBundle(await readInput(host), source, { now: host.world.now(), checkRoot });
}

async function readInput(host: Host): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of host.stdin.stream()) {
    total += chunk.length;
    if (total > LARGEST_BUNDLE) {
      throw new CulvertError(
        "ca_unreadable",
        "Cannot read the CA bundle on standard input: it is larger than 16 MiB",
        {
          hint: "Check the program that writes to the pipe. CA bundles are smaller than that.",
        },
      );
    }
    chunks.push(chunk);
  }
  return joinBytes(chunks);
}

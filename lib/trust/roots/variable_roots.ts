/**
 * Roots of the variables that other runtimes and libraries read: `NODE_EXTRA_CA_CERTS` and `DENO_CERT`, which
 * the runtime adds to its roots, and `SSL_CERT_DIR`, which adds to the system's store.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Warning } from "../../warning.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { World } from "../../world/world.ts";
import { filesIn } from "../bundle/bundle_folder.ts";
import { fileProblem } from "../../files/read_file.ts";
import { readBundleFile } from "../bundle/bundle_file.ts";
import { readBundle, type RootCheck } from "../bundle/bundle_reader.ts";

/** Roots that a variable gives. */
export interface VariableRoots {
  /** The variable. */
  readonly name: string;
  /** The file, or `base64 data`. */
  readonly origin: string;
  readonly pems: readonly string[];
}

/** The variables whose certificates the runtime adds to its own (observed in Deno 2.9.6). */
const RUNTIME_VARIABLES = ["NODE_EXTRA_CA_CERTS", "DENO_CERT"];

/**
 * Reads the roots of {@link RUNTIME_VARIABLES}. A file that cannot be used is a warning, as in the runtime, and not an
 * error, since the variable was set for other programs.
 *
 * @param world the environment
 * @param checkRoot see {@link readBundle}
 */
export async function runtimeVariableRoots(
  world: World,
  checkRoot: RootCheck,
): Promise<{ readonly sets: readonly VariableRoots[]; readonly warnings: readonly Warning[] }> {
  const sets: VariableRoots[] = [];
  const warnings: Warning[] = [];
  for (const name of RUNTIME_VARIABLES) {
    const value = world.env(name);
    if (value === undefined || value === "") continue;
    const data = name === "DENO_CERT" ? /^base64:(.*)$/s.exec(value)?.[1] : undefined;
    const origin = data === undefined ? absolutePath(value, world.cwd()) : "base64 data";
    try {
      const bytes = data === undefined
        ? await readBundleFile(origin, world.sleep)
        : Uint8Array.fromBase64(data.trim());
      const source = { kind: "variable", name, path: origin } as const;
      const { certificates } = readBundle(bytes, source, { now: world.now(), checkRoot });
      sets.push({ name, origin, pems: certificates.map(({ pem }) => pem) });
    } catch (error) {
      const reason = error instanceof CulvertError ? error.message : fileProblem(error);
      warnings.push({
        code: "ca_variable_unusable",
        message: `${name} names certificates that cannot be used, and none of them is trusted: ${reason}`,
      });
    }
  }
  return { sets, warnings };
}

/**
 * Reads the folders of `SSL_CERT_DIR`: every regular file in them, with any name, but not in their
 * subfolders. Files without a certificate are ignored.
 *
 * @param known blocks that were read already, which are not parsed again
 * @param checkRoot see {@link readBundle}
 * @returns the further roots; none if the variable is not set or empty
 */
export async function folderRoots(
  world: World,
  known: ReadonlySet<string>,
  checkRoot: RootCheck,
): Promise<{ readonly pems: readonly string[]; readonly warnings: readonly Warning[] }> {
  const folders = (world.env("SSL_CERT_DIR") ?? "").split(Deno.build.os === "windows" ? ";" : ":")
    .filter((folder) => folder !== "");
  const pems = new Set<string>();
  const warnings: Warning[] = [];
  for (const folder of folders) {
    const path = absolutePath(folder, world.cwd());
    try {
      for (const file of await filesIn(path)) await addFile(file, world, known, checkRoot, pems);
    } catch (error) {
      warnings.push({
        code: "ssl_cert_dir_unread",
        message: `Cannot read the folder "${path}" of SSL_CERT_DIR: ${fileProblem(error)}`,
      });
    }
  }
  return { pems: [...pems], warnings };
}

async function addFile(
  file: string,
  world: World,
  known: ReadonlySet<string>,
  checkRoot: RootCheck,
  pems: Set<string>,
): Promise<void> {
  let bytes: Uint8Array;
  try {
    bytes = await readBundleFile(file, world.sleep);
  } catch {
    // Read errors within the folder are not reported, as in OpenSSL.
    return;
  }
  const text = new TextDecoder().decode(bytes);
  // Most files of such a folder contain one block of the system's store.
  if (known.has(text) || pems.has(text)) return;
  try {
    const source = { kind: "variable", name: "SSL_CERT_DIR", path: file } as const;
    for (const { pem } of readBundle(bytes, source, { now: world.now(), checkRoot }).certificates) {
      if (!known.has(pem)) pems.add(pem);
    }
  } catch (error) {
    // The file contains no certificate.
    if (!(error instanceof CulvertError)) throw error;
  }
}

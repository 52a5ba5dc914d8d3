/**
 * Opens the bundle of an inference trace: its folder with the manifest.
 *
 * @module
 */
import { isAbsolute, join, normalize, relative } from "node:path";
import { CulvertError } from "../../../errors.ts";
import { fileProblem, readRegularFile } from "../../../files/read_file.ts";
import { MANIFEST, SCHEMA_VERSIONS } from "../format/layout.ts";
import { type Manifest, manifestSchema } from "../format/manifest.ts";

/** A bundle whose manifest was read. */
export interface Bundle {
  /** Path of the folder. */
  readonly path: string;
  /** Name of the folder. */
  readonly name: string;
  readonly manifest: Manifest;
}

/** Largest manifest that is read, bytes. */
const LIMIT_BYTES = 1024 * 1024;

/**
 * Opens a bundle.
 *
 * @param path absolute path of its folder
 * @throws CulvertError `input_unreadable` for a folder without a usable manifest, and for a schema version that is not
 *   known
 */
export async function openBundle(path: string): Promise<Bundle> {
  const manifest = parseManifest(path, await readManifest(path));
  for (const name of [manifest.raw_event_log, manifest.payloads_dir]) insideBundle(path, name);
  return { path, name: path.replace(/[/\\]+$/, "").split(/[/\\]/).at(-1) ?? path, manifest };
}

/**
 * Returns the path of a file of a bundle.
 *
 * @param name path within the bundle, as a manifest or an event names it
 * @throws CulvertError `input_unreadable` if the path leads out of the bundle
 */
function insideBundle(path: string, name: string): string {
  const inside = normalize(name);
  if (isAbsolute(inside) || inside.split(/[/\\]/).includes("..")) {
    throw unreadable(path, `it refers to ${name}, which is outside of the bundle`);
  }
  return join(path, inside);
}

/**
 * Returns the path of a file of a bundle after a check that no symbolic link leads out of the bundle: what the file
 * contains may be shown to others.
 *
 * @throws CulvertError `input_unreadable`; Deno.errors.* as the system reports
 */
export async function realFile(path: string, name: string): Promise<string> {
  const [root, file] = await Promise.all([Deno.realPath(path), Deno.realPath(insideBundle(path, name))]);
  if (relative(root, file).split(/[/\\]/)[0] === "..") {
    throw unreadable(path, `${name} is a link to a file outside of the bundle`);
  }
  return file;
}

/** Returns the error for a bundle that cannot be read. */
export function unreadable(path: string, reason: string, hint?: string, cause?: unknown): CulvertError {
  return new CulvertError("input_unreadable", `Cannot read the inference trace ${path}: ${reason}`, {
    hint: hint ?? "culvert trace ls --root FOLDER lists the traces in a folder.",
    details: { path, reason },
    cause,
  });
}

/** Returns the reason in an error of {@link unreadable}, without the path of the bundle. */
export function reasonOf(error: CulvertError): string {
  const { reason } = error.details;
  return typeof reason === "string" ? reason : error.message;
}

async function readManifest(path: string): Promise<string> {
  try {
    return new TextDecoder().decode(await readRegularFile(join(path, MANIFEST), LIMIT_BYTES));
  } catch (cause) {
    const info = await Deno.stat(path).catch((error: unknown) => {
      throw unreadable(path, fileProblem(error), undefined, error);
    });
    if (!info.isDirectory) throw unreadable(path, "it is not a directory", undefined, cause);
    const reason = cause instanceof Deno.errors.NotFound
      ? `it is not a trace: it contains no ${MANIFEST}`
      : `${MANIFEST}: ${fileProblem(cause)}`;
    throw unreadable(path, reason, undefined, cause);
  }
}

function parseManifest(path: string, text: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, `${MANIFEST} is not JSON`, undefined, cause);
  }
  const version = typeof json === "object" && json !== null && "schema_version" in json
    ? json.schema_version
    : undefined;
  if (typeof version === "number" && !SCHEMA_VERSIONS.some((known) => known === version)) {
    throw unreadable(
      path,
      `its schema has version ${version}`,
      `This release reads the versions ${
        SCHEMA_VERSIONS.join(", ")
      }. A later release of culvert may read it.`,
    );
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(
    path,
    `${MANIFEST}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not understood"}`,
  );
}

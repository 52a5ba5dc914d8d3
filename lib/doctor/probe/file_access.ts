/**
 * Explains why opening a file is not permitted: its permissions and its owner, or those of a parent folder.
 *
 * @module
 */
import { dirname } from "node:path";
import type { CulvertError } from "../../errors.ts";

/**
 * Returns the remedy for an error that the permissions of a file caused.
 *
 * @param error its cause is the error of the system, its detail `path` names the file
 * @returns `undefined` for any other error, and where the permissions cannot be read
 */
export async function accessRemedy(error: CulvertError): Promise<string | undefined> {
  const path = error.details["path"];
  if (!(error.cause instanceof Deno.errors.PermissionDenied) || typeof path !== "string") return undefined;
  const place = await describeAccess(path);
  return place === undefined ? undefined : `${place.text} ${place.remedy}`;
}

/** The file or folder whose permissions prevent the access. */
export interface AccessProblem {
  /** A sentence with permissions and owner. */
  readonly text: string;
  /** A sentence with the remedy. */
  readonly remedy: string;
}

/**
 * Describes the permissions of a file that may not be opened.
 *
 * @param path absolute
 * @returns `undefined` if they cannot be read
 */
export async function describeAccess(path: string): Promise<AccessProblem | undefined> {
  const file = await statOrUndefined(path);
  if (file !== undefined) {
    return {
      text: `${path} has ${permissions(file)}${ownUser()}.`,
      remedy: `Ask its owner to make it readable (chmod a+r ${path}), or use your own copy.`,
    };
  }
  for (let folder = dirname(path);; folder = dirname(folder)) {
    const found = await statOrUndefined(folder);
    if (found !== undefined) {
      return {
        text: `The folder ${folder} has ${permissions(found)}${ownUser()}.`,
        remedy:
          `Ask its owner to allow access (chmod a+x ${folder}), or use a copy of the file in another folder.`,
      };
    }
    if (folder === dirname(folder)) return undefined;
  }
}

function permissions({ mode, uid }: Deno.FileInfo): string {
  const octal = mode === null
    ? "no permissions"
    : `the permissions ${(mode & 0o7777).toString(8).padStart(4, "0")}`;
  return uid === null ? octal : `${octal} and belongs to ${user(uid)}`;
}

function ownUser(): string {
  try {
    const uid = Deno.uid();
    return uid === null ? "" : `; this program runs as ${user(uid)}`;
  } catch (error) {
    // An embedding program may not permit it.
    if (error instanceof Deno.errors.NotCapable) return "";
    throw error;
  }
}

function user(uid: number): string {
  return uid === 0 ? "root (user 0)" : `user ${uid}`;
}

async function statOrUndefined(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

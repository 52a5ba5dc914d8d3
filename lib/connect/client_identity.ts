/**
 * Reads the client certificate that the settings name.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import { fileProblem, readRegularFile } from "../files/read_file.ts";
import { type ClientIdentity, parseClientIdentity, type PemFile } from "../net/client_identity.ts";

/** Largest file, bytes: a chain with its key has a few kB. */
const MAX_BYTES = 1024 * 1024;

/** The paths of certificate and key; present together or not at all. */
export interface IdentityPaths {
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
}

/**
 * Reads certificate and key.
 *
 * @returns `undefined` if the settings name none
 * @throws CulvertError `input_unreadable` for a file that cannot be read, `config` for one that cannot be
 * used
 */
export async function readIdentity(
  { clientCert, clientKey }: IdentityPaths,
): Promise<ClientIdentity | undefined> {
  if (clientCert === undefined || clientKey === undefined) return undefined;
  const certificate = await readPem("certificate", clientCert);
  const key = clientKey === clientCert ? certificate : await readPem("key", clientKey);
  return parseClientIdentity(certificate, key);
}

async function readPem(what: "certificate" | "key", path: string): Promise<PemFile> {
  try {
    return { path, text: new TextDecoder().decode(await readRegularFile(path, MAX_BYTES)) };
  } catch (cause) {
    throw new CulvertError(
      "input_unreadable",
      `Cannot read the client ${what} "${path}": ${fileProblem(cause)}`,
      { hint: "Check the path and the permissions of the file.", details: { path }, cause },
    );
  }
}

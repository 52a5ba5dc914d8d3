/**
 * The content of the encrypted file of secrets.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import { isObject, jsonObject } from "../../../text/json.ts";

/** The document in the file. Secret. */
export interface Secrets {
  /** Members beside `secrets`, kept unchanged. */
  readonly others: Readonly<Record<string, unknown>>;
  /** By scope and name, such as `global/CODEX_AUTH`. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** The document of a file that does not exist yet. */
export const EMPTY_SECRETS: Secrets = { others: { version: 1 }, secrets: {} };

/**
 * The scrypt work factor (log2). It protects passphrases that can be guessed; 32 random bytes cannot. The codex client
 * uses 20: 3 s and 1 GiB for each decryption.
 */
const WORK_FACTOR = 10;

/**
 * Decrypts a file.
 *
 * @throws CulvertError `auth_storage` for a wrong passphrase and for a damaged file
 */
export async function openSecrets(bytes: Uint8Array, passphrase: string, path: string): Promise<Secrets> {
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  const text = await decrypter.decrypt(bytes, "text").catch((cause: unknown) => {
    const problem = "it is damaged, or encrypted with a passphrase other than the one in the keyring";
    throw unusable(path, problem, cause);
  });
  const { secrets, ...others } = jsonObject(text) ?? {};
  if (!isObject(secrets)) throw unusable(path, "its content has an unknown form");
  const entries = Object.entries(secrets).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" ? [[name, value]] : []
  );
  if (entries.length < Object.keys(secrets).length) throw unusable(path, "its content has an unknown form");
  return { others, secrets: Object.fromEntries(entries) };
}

/** Encrypts a document. */
export async function sealSecrets(
  { others, secrets }: Secrets,
  passphrase: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(WORK_FACTOR);
  return new Uint8Array(await encrypter.encrypt(JSON.stringify({ ...others, secrets })));
}

function unusable(path: string, problem: string, cause?: unknown): CulvertError {
  return new CulvertError("auth_storage", `Cannot open ${path}: ${problem}`, {
    hint: "It is unchanged. Remove it with culvert auth logout, then sign in again: culvert auth login",
    details: { path, problem: "foreign" },
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * The encrypted file of secrets: an age file, and the document in it.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import { jsonObject } from "../../json.ts";

/** What is in it. Secret. */
export interface Secrets {
  /** Members beside the secrets, kept as they are. */
  readonly others: Readonly<Record<string, unknown>>;
  /** By scope and name, such as `global/CODEX_AUTH`. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** A file that is not there yet. */
export const EMPTY_SECRETS: Secrets = { others: { version: 1 }, secrets: {} };

/**
 * log2 of the rounds that turn the passphrase into a key. Rounds make up for passphrases that can be guessed; 32
 * random bytes cannot. The codex client takes 20: 3 s and 1 GiB for each look.
 */
const LOG_ROUNDS = 10;

/**
 * Opens a file.
 *
 * @throws CulvertError `auth_storage` when the passphrase does not fit or the file is broken
 */
export async function openSecrets(bytes: Uint8Array, passphrase: string, path: string): Promise<Secrets> {
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  let text: string;
  try {
    text = await decrypter.decrypt(bytes, "text");
  } catch (cause) {
    throw unusable(path, "it is damaged, or encrypted with another passphrase than the keyring's", cause);
  }
  const document = jsonObject(text);
  const { secrets, ...others } = document ?? {};
  if (typeof secrets !== "object" || secrets === null || !Object.values(secrets).every(isText)) {
    throw unusable(path, "what is in it is not understood");
  }
  return { others, secrets: Object.fromEntries(Object.entries(secrets)) };
}

/** Makes the bytes of a file. */
export async function sealSecrets({ others, secrets }: Secrets, passphrase: string): Promise<Uint8Array> {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(LOG_ROUNDS);
  return await encrypter.encrypt(JSON.stringify({ ...others, secrets }));
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function unusable(path: string, problem: string, cause?: unknown): CulvertError {
  return new CulvertError("auth_storage", `Cannot open ${path}: ${problem}`, {
    hint: "It was left as it is. Remove it with culvert auth logout, then sign in again: culvert auth login",
    details: { path, problem: "foreign" },
    ...(cause === undefined ? {} : { cause }),
  });
}

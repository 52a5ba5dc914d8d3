/**
 * A login in `secrets/codex_auth.age`, a file encrypted with a passphrase from the keyring, for keyrings that accept
 * only short secrets. The codex client (0.171.0) reads and writes the same file: an age file with one scrypt
 * recipient that contains `{"version":1,"secrets":{"global/CODEX_AUTH":"…"}}`.
 *
 * @module
 */
import { handleFailure } from "../../../errors.ts";
import { type FileSlot, WholeFile } from "../../../files/whole_file.ts";
import { absolutePath } from "../../../world/absolute_path.ts";
import type { World } from "../../../world/world.ts";
import { FILE_ERRORS } from "../auth_file.ts";
import type { Backend } from "../backend.ts";
import { replaceable } from "../credential_store.ts";
import { describeEntry, keyringFailure } from "./keyring.ts";
import { type KeyringParts, writeAndCompare } from "./keyring_backend.ts";
import { EMPTY_SECRETS, openSecrets, sealSecrets, type Secrets } from "./secrets_document.ts";

/** The name of the login among the secrets. */
const LOGIN = "global/CODEX_AUTH";
const PASSPHRASE_BYTES = 32;

interface SecretsParts extends KeyringParts {
  readonly world: Pick<World, "now">;
}

/** Returns the encrypted file of a home. The entry of a login without encryption is removed with it. */
export function secretsBackend(parts: SecretsParts): Backend {
  const { codexHome, entries, keyring, world } = parts;
  const path = absolutePath("codex_auth.age", absolutePath("secrets", codexHome));
  const file = new WholeFile(path, world, FILE_ERRORS);
  /** The last decryption. Decrypting a file of the codex client takes seconds. */
  let opened:
    | { readonly bytes: Uint8Array; readonly passphrase: string; readonly secrets: Secrets }
    | undefined;
  const source = { kind: "keyring", name: `${path}, whose passphrase is in the keyring` } as const;
  return {
    source,
    absence: "secrets/codex_auth.age contains no login " +
      "(secret_auth_storage in config.toml: auth.json is not used)",
    read: async (signal) => (await open(signal)).secrets[LOGIN]?.trim() || undefined,
    reserve: async ({ signal }) => {
      // Makes sure that the keyring is reachable and unlocked, and that the file can be decrypted.
      await keyring.read(entries.passphrase, signal);
      replaceable((await open(signal)).secrets[LOGIN], source);
      const slot = await file.reserve();
      return {
        ...slot,
        write: (raw) => rewrite(slot, (secrets) => ({ ...secrets, [LOGIN]: JSON.stringify(raw) })),
      };
    },
    removals: [removeLogin, () => keyring.remove(entries.login)],
  };

  /** Removes the login from the file; and the file, where it cannot be decrypted or nothing else is in it. */
  async function removeLogin(): Promise<boolean> {
    const { secrets } = await handleFailure(open(), () => EMPTY_SECRETS);
    if (Object.keys(secrets).every((name) => name === LOGIN)) return await file.remove();
    if (!(LOGIN in secrets)) return false;
    await using slot = await file.reserve();
    await rewrite(slot, ({ [LOGIN]: _, ...others }) => others);
    return true;
  }

  /** Called under the lock of the home only, or two programs would each replace the passphrase of the other. */
  async function rewrite(
    slot: FileSlot,
    change: (secrets: Secrets["secrets"]) => Secrets["secrets"],
  ): Promise<void> {
    const present = await open();
    const passphrase = await keyring.read(entries.passphrase) ?? await newPassphrase();
    await slot.commit(await sealSecrets({ ...present, secrets: change(present.secrets) }, passphrase));
  }

  async function open(signal?: AbortSignal): Promise<Secrets> {
    const bytes = await file.read();
    if (bytes === undefined) return EMPTY_SECRETS;
    const passphrase = await keyring.read(entries.passphrase, signal);
    if (passphrase === undefined) {
      const message = `Cannot open ${path}: its passphrase is not in ${describeEntry(entries.passphrase)}`;
      throw keyringFailure("no_passphrase", message);
    }
    if (opened?.passphrase !== passphrase || !isEqual(opened.bytes, bytes)) {
      opened = { bytes, passphrase, secrets: await openSecrets(bytes, passphrase, path) };
    }
    return opened.secrets;
  }

  async function newPassphrase(): Promise<string> {
    const passphrase = crypto.getRandomValues(new Uint8Array(PASSPHRASE_BYTES)).toBase64();
    await writeAndCompare(keyring, entries.passphrase, passphrase);
    return passphrase;
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

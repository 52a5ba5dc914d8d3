/** A keyring in memory that fails when it is told to, and the stores of a home on it. */
import { AuthFile } from "../../../../lib/auth/store/auth_file.ts";
import { AutoStore } from "../../../../lib/auth/store/auto_store.ts";
import {
  type Keyring,
  keyringFailure,
  loginEntry,
  secretsEntry,
} from "../../../../lib/auth/store/keyring/keyring.ts";
import { KeyringStore, type KeyringStoreParts } from "../../../../lib/auth/store/keyring/keyring_store.ts";
import { SecretsStore } from "../../../../lib/auth/store/keyring/secrets_store.ts";
import type { Warning } from "../../../../lib/warning.ts";
import { type TestHome, testWorld } from "../../kit.ts";

/** The keyring. */
export class MemoryKeyring implements Keyring {
  /** By service. */
  readonly secrets = new Map<string, string>();
  /** The functions that were called. */
  readonly calls: ("read" | "write" | "remove")[] = [];
  /** The longest secret it takes. */
  limit = Infinity;
  /** `details.problem` of the failure of the calls to come. */
  #problem: string | undefined;
  #failures = 0;

  /** @param count of the calls to come; 0 for none any more */
  fail(problem: string, count = Infinity): void {
    this.#problem = problem;
    this.#failures = count;
  }

  readonly read: Keyring["read"] = ({ service }) => this.#answer("read", () => this.secrets.get(service));

  readonly write: Keyring["write"] = (entry, secret) => {
    this.check(entry, secret);
    return this.#answer("write", () => {
      this.secrets.set(entry.service, secret);
    });
  };

  readonly remove: Keyring["remove"] = ({ service }) =>
    this.#answer("remove", () => this.secrets.delete(service));

  readonly check: Keyring["check"] = (_entry, secret) => {
    if (secret.length > this.limit) throw keyringFailure("too_large", "The keyring takes no such secret");
  };

  #answer<T>(
    name: "read" | "write" | "remove",
    answer: () => T,
  ): Promise<T> {
    this.calls.push(name);
    if (this.#problem === undefined || this.#failures-- <= 0) return Promise.resolve(answer());
    return Promise.reject(keyringFailure(this.#problem, `The keyring fails: ${this.#problem}`));
  }
}

/** What stands on one keyring. */
export interface KeyringStores {
  readonly parts: KeyringStoreParts;
  readonly inKeyring: KeyringStore;
  readonly inSecrets: SecretsStore;
  readonly auto: AutoStore;
  readonly autoWithSecrets: AutoStore;
  readonly warnings: Warning[];
}

/** Makes the stores of a home. */
export async function storesOn(
  keyring: Keyring,
  home: TestHome,
  now?: () => number,
): Promise<KeyringStores> {
  const world = testWorld({}, now);
  const warnings: Warning[] = [];
  const warn = (warning: Warning) => warnings.push(warning);
  const codexHome = home.path;
  const file = new AuthFile({ codexHome, world });
  const parts = { codexHome, keyring, entry: await loginEntry(codexHome), file, world, warn };
  const inKeyring = new KeyringStore(parts);
  const inSecrets = new SecretsStore({ ...parts, passphraseEntry: await secretsEntry(codexHome) });
  const auto = new AutoStore({ inKeyring, file, world, warn });
  const autoWithSecrets = new AutoStore({ inKeyring: inSecrets, file, world, warn });
  return { parts, inKeyring, inSecrets, auto, autoWithSecrets, warnings };
}

/** A keyring in memory whose calls can be made to fail, and the stores of a home that use it. */
import type { CredentialStore } from "../../../../lib/auth/store/credential_store.ts";
import { type Keyring, keyringFailure } from "../../../../lib/auth/store/keyring/keyring.ts";
import { openStore } from "../../../../lib/auth/store/open_store.ts";
import type { Warning } from "../../../../lib/warning.ts";
import { type TestHome, testWorld } from "../../kit.ts";

/** The keyring. */
export class MemoryKeyring implements Keyring {
  /** By service. */
  readonly secrets = new Map<string, string>();
  /** The functions that were called. */
  readonly calls: ("read" | "write" | "remove")[] = [];
  /** Length of the longest secret that it accepts, characters. */
  limit = Infinity;
  /** `details.problem` of the failure of the next calls. */
  #problem: string | undefined;
  #failures = 0;

  /** @param count number of next calls that fail; 0 for none */
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

/** The stores of a home that use one keyring. */
export interface KeyringStores {
  readonly inKeyring: CredentialStore;
  readonly inSecrets: CredentialStore;
  readonly auto: CredentialStore;
  readonly autoWithSecrets: CredentialStore;
  readonly warnings: Warning[];
}

/** Opens the stores of a home. */
export async function storesOn(
  keyring: Keyring,
  home: TestHome,
  now?: () => number,
): Promise<KeyringStores> {
  const warnings: Warning[] = [];
  const open = (store: "keyring" | "auto", inSecrets: boolean) =>
    openStore({
      codexHome: home.path,
      loginStorage: { store, inSecrets },
      world: testWorld({}, now),
      warn: (warning) => warnings.push(warning),
      keyring,
    });
  return {
    inKeyring: await open("keyring", false),
    inSecrets: await open("keyring", true),
    auto: await open("auto", false),
    autoWithSecrets: await open("auto", true),
    warnings,
  };
}

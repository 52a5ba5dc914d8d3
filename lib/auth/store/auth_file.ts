/**
 * `auth.json` on disk: read with patience, written whole or not at all.
 *
 * @module
 */
import { absolutePath } from "../../world/absolute_path.ts";
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";
import { type AuthRecord, parseAuthRecord, recordText } from "../auth_record.ts";
import type { CredentialSource } from "../authenticator.ts";
import type { CredentialStore, WriteSlot } from "../credential_store.ts";
import { lockHome } from "./file_lock.ts";
import { type LockResult } from "../credential_store.ts";
import { WholeFile, type WriteStep } from "./whole_file.ts";

/** Where the file is, and what tests may hook in. */
export interface AuthFileOptions {
  /** `CODEX_HOME`, absolute. */
  readonly codexHome: string;
  readonly world: World;
  /** Called behind each step of a write. */
  readonly onStep?: (step: WriteStep) => void | Promise<void>;
}

/** Pauses before reading again what may be half written by a client that truncates first, ms. */
const REREAD_PAUSES_MS = [15, 60] as const;

/** The credential file of one `CODEX_HOME`. */
export class AuthFile implements CredentialStore {
  readonly codexHome: string;
  readonly source: CredentialSource;
  readonly absence = "there is no auth.json";
  /** Absolute path, symbolic links not followed. */
  readonly path: string;
  readonly #file: WholeFile;
  readonly #world: World;

  constructor(options: AuthFileOptions) {
    this.codexHome = options.codexHome;
    this.#world = options.world;
    this.path = absolutePath("auth.json", options.codexHome);
    this.source = { kind: "file", name: this.path };
    this.#file = new WholeFile({ path: this.path, world: options.world, onStep: options.onStep });
  }

  /**
   * Reads the record. A torn file is read again twice within 0.1 s: another client may be writing it.
   *
   * @returns `undefined` when there is no file
   * @throws CulvertError `auth_storage` when the file cannot be read or understood (`details.problem` is
   *   `unreadable`, `torn` or `foreign`)
   */
  async read(): Promise<AuthRecord | undefined> {
    for (const pause of [...REREAD_PAUSES_MS, undefined]) {
      const bytes = await this.#file.read();
      if (bytes === undefined) return undefined;
      const text = new TextDecoder().decode(bytes);
      const parsed = parseAuthRecord(text);
      if (parsed.kind === "record") return parsed.record;
      if (parsed.kind === "torn" && pause !== undefined) {
        await this.#world.sleep(pause);
        continue;
      }
      throw new CulvertError(
        "auth_storage",
        `Cannot use the credentials in ${this.path}: ${parsed.problem}`,
        {
          hint: "It was left as it is. Move it away, then sign in again with: culvert auth login",
          details: { path: this.path, problem: parsed.kind, is_empty: text.trim() === "" },
        },
      );
    }
    return undefined;
  }

  /** As {@link WholeFile.reserve}. */
  async reserve(): Promise<WriteSlot> {
    const slot = await this.#file.reserve();
    return { commit: (raw) => slot.commit(recordText(raw)), abandon: slot.abandon };
  }

  /** Writes a record in one go. @throws CulvertError `auth_storage` */
  async write(raw: Readonly<Record<string, unknown>>): Promise<void> {
    await (await this.reserve()).commit(raw);
  }

  /** Whether there is nothing of that name, not even a link that leads nowhere or a file that cannot be read. */
  async isEmpty(): Promise<boolean> {
    try {
      await Deno.lstat(this.path);
      return false;
    } catch (error) {
      // What cannot be looked at is for the caller's next step to report.
      return error instanceof Deno.errors.NotFound;
    }
  }

  /** Removes the file. @returns whether there was one @throws CulvertError `auth_storage` */
  async remove(): Promise<boolean> {
    return await this.#file.remove();
  }

  /** Takes the lock of the home. */
  async lock(limitMs: number): Promise<LockResult> {
    return await lockHome(this.codexHome, this.#world, limitMs);
  }
}

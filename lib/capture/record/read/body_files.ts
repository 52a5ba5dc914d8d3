/**
 * Reads the texts of a capture that are files of their own, and checks that they are the ones that were recorded.
 *
 * @module
 */
import { join } from "node:path";
import { sha256 } from "../store/piece_table.ts";

/** Most bytes of a file. The recorder stores at most 64 Mi UTF-16 units, of up to three bytes each, in one. */
const MAX_FILE = 256 * 1024 * 1024;

/** What cannot be read of the files, with the names that it has in JSON. */
export interface BodyDamage {
  /** Files that are not there, are no regular files or cannot be read. Their texts are left out. */
  readonly missing_bodies: number;
  /** Files whose content does not have the SHA-256 of the record. Their texts are left out. */
  readonly changed_bodies: number;
}

type State = "unchecked" | "intact" | "missing" | "changed";

/** The files in `bodies/` of one capture, which are named after the SHA-256 of their content. */
export class BodyFiles {
  readonly #directory: string;
  readonly #states = new Map<string, State>();

  /** @param directory `bodies/` of the capture */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Takes note of a file that a record refers to. */
  add(hash: string): void {
    this.#states.set(hash, "unchecked");
  }

  /** Checks the files that were not read so far, each once, and counts those that cannot be used. */
  damage(): BodyDamage {
    for (const [hash, state] of this.#states) {
      if (state === "unchecked") this.#intact(hash);
    }
    const states = [...this.#states.values()];
    const count = (wanted: State) => states.filter((state) => state === wanted).length;
    return { missing_bodies: count("missing"), changed_bodies: count("changed") };
  }

  /** Returns the text of a file; `undefined` where it is not the one that was recorded. */
  text(hash: string): string | undefined {
    const bytes = this.#intact(hash);
    return bytes === undefined ? undefined : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  /** Returns the content of a file that is the one that was recorded, and keeps the result of the check. */
  #intact(hash: string): Uint8Array | undefined {
    const bytes = this.#read(hash);
    const state = bytes === undefined ? "missing" : sha256(bytes) === hash ? "intact" : "changed";
    this.#states.set(hash, state);
    return state === "intact" ? bytes : undefined;
  }

  /**
   * Returns the content of a file; `undefined` where it cannot be read. Symbolic links are not followed: in a capture
   * from somebody else they would lead to files of this user. Other kinds of files are not opened, since a pipe would
   * wait for a writer.
   */
  #read(hash: string): Uint8Array | undefined {
    const path = join(this.#directory, hash);
    try {
      const { isFile, size } = Deno.lstatSync(path);
      if (!isFile) return undefined;
      // Not read into memory, as it is certainly not the file that was recorded.
      if (size > MAX_FILE) return new Uint8Array();
      return Deno.readFileSync(path);
    } catch {
      // Whatever the system reports, the text is missing, and is counted as such.
      return undefined;
    }
  }
}

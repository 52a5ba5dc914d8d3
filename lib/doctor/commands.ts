/**
 * Command lines for the user to copy. Each repeats the flags of the doctor that the command accepts.
 *
 * @module
 */
import type { SharedFlags } from "../config/settings.ts";

type FlagName = keyof SharedFlags;
type AuthAction = "login" | "refresh" | "status";

/** The spelling of each flag, in the order in which they are printed. */
const SPELLING: readonly (readonly [FlagName, string])[] = [
  ["baseUrl", "--base-url"],
  ["provider", "--provider"],
  ["profile", "--profile"],
  ["model", "-m"],
  ["transport", "--transport"],
  ["overrides", "-C"],
  ["caCert", "--ca-cert"],
  ["clientCert", "--client-cert"],
  ["clientKey", "--client-key"],
  ["proxy", "--proxy"],
  ["apiKeyFile", "--api-key-file"],
];

const NETWORK: readonly FlagName[] = ["caCert", "clientCert", "clientKey", "proxy", "profile", "overrides"];
const PROVIDER: readonly FlagName[] = [...NETWORK, "provider", "baseUrl", "model", "apiKeyFile"];

/** Builds command lines with the flags of one run of the doctor. */
export class Commands {
  readonly #given: SharedFlags;
  readonly #flags: SharedFlags;
  readonly #headerNames: readonly string[];

  /**
   * @param given the flags of the doctor; `baseUrl` is its URL argument
   * @param turnFlags the flags with which a turn uses the same settings
   * @param headerNames the headers of `-H`; the values may be keys and are left for the user to fill in
   */
  constructor(given: SharedFlags, turnFlags: SharedFlags = given, headerNames: readonly string[] = []) {
    this.#given = given;
    this.#flags = turnFlags;
    this.#headerNames = headerNames;
  }

  /** Returns the command line of this run. */
  doctor(): string {
    const { baseUrl, ...others } = this.#given;
    const place = baseUrl === undefined ? [] : [baseUrl];
    const flags = [...flagWords(others, [...PROVIDER, "transport"]), ...this.#headers()];
    return line(["culvert", "doctor", ...place], flags);
  }

  /** Returns a command line for a turn, with some flags replaced. */
  respond(changes: SharedFlags = {}): string {
    const flags = { ...this.#flags, ...changes };
    return line(["culvert", "respond"], [
      ...flagWords(flags, [...PROVIDER, "transport"]),
      ...this.#headers(),
      '"Why is the sky blue?"',
    ]);
  }

  /** Returns a command line that writes a bug report. */
  report(): string {
    return [this.#line(["report"], PROVIDER), ...this.#headers()].join(" ");
  }

  /** Returns the doctor's command line for a URL: the given base URL if it has the same origin. */
  #doctorAt(url?: string): string {
    const { baseUrl, ...others } = this.#given;
    const isSame = baseUrl !== undefined && URL.parse(baseUrl)?.origin === URL.parse(url ?? baseUrl)?.origin;
    const place = isSame ? { baseUrl } : url === undefined ? {} : { baseUrl: url };
    return new Commands({ ...others, ...place }, this.#flags, this.#headerNames).doctor();
  }

  #headers(): readonly string[] {
    return this.#headerNames.flatMap((name) => ["-H", quoted(`${name}: VALUE`)]);
  }

  /** Returns a command line that shows the certificates of a host. @param host `host` or `host:port` */
  caFetch(host: string): string {
    return this.#line(["ca", "fetch", host], [...NETWORK, "provider"]);
  }

  /** Returns a command line that shows a bundle. @param path the bundle; absent: the one in force */
  caInspect(path?: string): string {
    return path === undefined
      ? this.#line(["ca", "inspect"], ["caCert"])
      : line(["culvert", "ca", "inspect", path], []);
  }

  /** Returns a command line for the credential. */
  auth(action: AuthAction): string {
    return this.#line(
      ["auth", action],
      action === "status" ? [...NETWORK, "provider", "apiKeyFile"] : NETWORK,
    );
  }

  /** Adds the given flags to the commands that a text names, such as the hint of an error. */
  withFlags(text: string): string {
    return text
      .replace(
        /\bculvert doctor(?: (https?:\/\/[^\s`]*[^\s`.,;:]))?(?=[\s`.,;:)]|$)/g,
        (_, url?: string) => this.#doctorAt(url),
      )
      .replace(/\bculvert ca fetch ([^\s`.]+(?:\.[^\s`.]+)*)/g, (_, host: string) => this.caFetch(host))
      .replace(/\bculvert ca inspect\b(?! [/'-])/g, () => this.caInspect())
      .replace(/\bculvert auth (login|refresh|status)\b/g, (_, action: AuthAction) => this.auth(action));
  }

  #line(words: readonly string[], accepted: readonly FlagName[]): string {
    return line(["culvert", ...words], flagWords(this.#flags, accepted));
  }
}

function line(words: readonly string[], flags: readonly string[]): string {
  return [...words.map(quoted), ...flags].join(" ");
}

function flagWords(flags: SharedFlags, accepted: readonly FlagName[]): readonly string[] {
  return SPELLING.flatMap(([name, spelling]) => {
    const given = flags[name];
    if (given === undefined || !accepted.includes(name)) return [];
    const values = typeof given === "object" ? given : [String(given)];
    return values.flatMap((value) => [spelling, quoted(value)]);
  });
}

/** Quotes a word for a POSIX shell if necessary. */
export function quoted(word: string): string {
  return /^[\w:/.@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

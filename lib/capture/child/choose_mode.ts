/**
 * The choice of a capture's mode.
 *
 * @module
 */
import { isLoopback } from "../../net/route/route_table.ts";
import { withoutBrackets } from "../../net/target.ts";

/** How traffic is captured. */
export type CaptureMode =
  /** The base URLs of the program lead to a relay. */
  | "reverse"
  /** A proxy intercepts TLS with a CA of this run. */
  | "forward"
  /** A proxy tunnels, and the program writes its TLS keys to a file. */
  | "keylog";

/** What the choice depends on. */
export interface ModeQuery {
  /** `--mode`. */
  readonly asked?: CaptureMode;
  readonly isCodex: boolean;
  /** Whether Node or a similar runtime runs the program. */
  readonly isNode?: boolean;
  /** `--base-url`. */
  readonly baseUrl?: string;
  /** Whether `--intercept` is given. */
  readonly hasHosts?: boolean;
  /** The proxy variable in `$CODEX_HOME/.env`, if there is one. */
  readonly dotEnvProxy?: string;
}

/** A mode, and why. */
export interface ModeChoice {
  readonly mode: CaptureMode;
  readonly reason: string;
  /** What the chosen mode will miss, if that is known from the start. */
  readonly warning?: string;
}

/** Seen with codex 0.171.0, over HTTP and websocket, with roots of the system, of a bundle and of `SSL_CERT_FILE`. */
const NO_KEYS =
  "codex writes no TLS keys, so its traffic cannot be decrypted; only programs that it starts, such as " +
  "git, may write some. Use --mode forward";

/** Chooses the mode that covers most for the program, unless one was asked for. */
export function chooseMode(query: ModeQuery): ModeChoice {
  const { asked, isCodex, dotEnvProxy } = query;
  const isBlind = isCodex && dotEnvProxy !== undefined;
  const seesNothing =
    `$CODEX_HOME/.env sets ${dotEnvProxy}, and codex uses it instead of the proxy of this capture`;
  if (asked !== undefined) {
    const warning = isBlind && asked !== "reverse"
      ? `${seesNothing}: it will record nothing; remove the line or use --mode reverse`
      : isCodex && asked === "keylog"
      ? NO_KEYS
      : undefined;
    return { mode: asked, reason: "chosen with --mode", ...(warning === undefined ? {} : { warning }) };
  }
  if (isBlind) return { mode: "reverse", reason: seesNothing };
  if (query.hasHosts === true) {
    return { mode: "forward", reason: "--intercept names the hosts whose connections it records" };
  }
  if (query.baseUrl !== undefined) {
    return { mode: "reverse", reason: "--base-url names the API to which its relay leads" };
  }
  if (query.isNode === true && !isCodex) {
    return {
      mode: "reverse",
      reason:
        "the openai package under Node reads OPENAI_BASE_URL, and Node before 22.21 and 24.5 ignores the proxy " +
        "variables",
    };
  }
  return isCodex
    ? { mode: "forward", reason: "it records every channel of codex, also those without a setting" }
    : { mode: "forward", reason: "it records every connection of a program that uses the proxy variables" };
}

/**
 * Tells which flags a mode does not use.
 *
 * @returns one sentence for each flag that has no effect
 */
export function unusedFlags(
  mode: CaptureMode,
  { baseUrl, hasHosts }: Pick<ModeQuery, "baseUrl" | "hasHosts">,
): readonly string[] {
  const sentences: string[] = [];
  if (hasHosts === true && mode !== "forward") {
    sentences.push(`--intercept has no effect in ${mode} mode; use --mode forward`);
  }
  if (baseUrl === undefined || mode === "reverse") return sentences;
  if (mode === "keylog") sentences.push("--base-url has no effect in keylog mode; use --mode reverse");
  else if (isLoopback(withoutBrackets(URL.parse(baseUrl)?.hostname ?? ""))) {
    sentences.push(
      "--base-url is an address of this machine, which programs reach without the proxy of forward mode; " +
        "use --mode reverse",
    );
  }
  return sentences;
}

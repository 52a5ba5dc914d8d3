/**
 * The choice of a capture's mode.
 *
 * @module
 */

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
export function chooseMode({ asked, isCodex, dotEnvProxy }: ModeQuery): ModeChoice {
  const isBlind = isCodex && dotEnvProxy !== undefined;
  const seesNothing =
    `$CODEX_HOME/.env sets ${dotEnvProxy}, and codex uses it instead of the proxy of this capture`;
  if (asked !== undefined) {
    const warning = isBlind && asked !== "reverse"
      ? `${seesNothing}: it will record nothing; remove the line or use --mode reverse`
      : isCodex && asked === "keylog"
      ? NO_KEYS
      : undefined;
    return { mode: asked, reason: "--mode", ...(warning === undefined ? {} : { warning }) };
  }
  if (isBlind) return { mode: "reverse", reason: seesNothing };
  return isCodex
    ? { mode: "forward", reason: "it records every channel of codex, also those without a setting" }
    : { mode: "forward", reason: "it records every connection of a program that uses the proxy variables" };
}

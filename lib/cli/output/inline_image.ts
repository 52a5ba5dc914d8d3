/**
 * Images inside of a terminal, by the protocol of kitty or of iTerm2.
 *
 * @module
 */
import { imageType } from "../../files/image_type.ts";
import type { Environment } from "../../world/world.ts";

/** A protocol for images. */
export type ImageProtocol = "kitty" | "iterm";

/** An escape sequence that shows an image: nothing else may be written to a terminal without the filter. */
export interface ImageSequence {
  readonly text: string;
}

/** Bytes of base64 in one sequence of kitty at most (kitty graphics protocol, "Control data"). */
const CHUNK = 4_096;

/**
 * Returns the protocol of the terminal, by the variables that it sets. Inside of tmux and screen images are not shown:
 * these do not pass them on.
 */
export function imageProtocol(env: Environment): ImageProtocol | undefined {
  const term = env("TERM") ?? "";
  if (/^(screen|tmux)/.test(term) || (env("TMUX") ?? "") !== "") return undefined;
  const program = env("TERM_PROGRAM") ?? "";
  if (/kitty|ghostty/.test(term) || program === "ghostty" || (env("KITTY_WINDOW_ID") ?? "") !== "") {
    return "kitty";
  }
  if (program === "iTerm.app" || program === "WezTerm" || env("LC_TERMINAL") === "iTerm2") return "iterm";
  return undefined;
}

/**
 * Returns the sequence that shows an image.
 *
 * @returns `undefined` for a format that the protocol does not have: kitty shows PNG only
 */
export function imageSequence(
  image: Uint8Array<ArrayBuffer> | undefined,
  protocol: ImageProtocol,
): ImageSequence | undefined {
  if (image === undefined) return undefined;
  const data = image.toBase64();
  if (protocol === "iterm") {
    return { text: `\x1b]1337;File=inline=1;size=${image.length};preserveAspectRatio=1:${data}\x07\n` };
  }
  if (imageType(image)?.extension !== "png") return undefined;
  const chunks = data.match(new RegExp(`.{1,${CHUNK}}`, "g")) ?? [];
  const sequences = chunks.map((chunk, index) => {
    const control = `${index === 0 ? "a=T,f=100," : ""}m=${index < chunks.length - 1 ? 1 : 0}`;
    return `\x1b_G${control};${chunk}\x1b\\`;
  });
  return { text: `${sequences.join("")}\n` };
}

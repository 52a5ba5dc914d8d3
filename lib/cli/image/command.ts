/**
 * Defines `culvert image`.
 *
 * @module
 */
import { API_FLAGS, type ApiFlags } from "../command/api_flags.ts";
import { defineCommand } from "../command/command.ts";
import { positiveInteger } from "../command/flags/parsers.ts";
import { OUTPUT_ALIASES, text } from "../command/shared_flags.ts";
import { parsedFlag, pathFlag, pathListFlag, textFlag } from "../command/flags/flag_kinds.ts";

/** The default model of images, which the platform documents first. */
export const IMAGE_MODEL = "gpt-image-1";

/** The flags of `image`. */
export type ImageFlags = ApiFlags & {
  readonly model?: string;
  readonly image?: readonly string[];
  readonly output?: string;
  readonly count?: number;
  readonly size?: string;
  readonly quality?: "low" | "medium" | "high" | "auto";
  readonly background?: "transparent" | "opaque" | "auto";
  readonly inline?: "auto" | "never";
};

/** `culvert image`. */
export const imageCommand = defineCommand<ImageFlags, string[]>({
  flags: {
    model: textFlag("NAME", `Model that makes the images (default ${IMAGE_MODEL})`),
    image: pathListFlag("FILE|URL", "Image to edit; may be repeated"),
    output: pathFlag("FILE", "File to write; - is standard output (default image-TIME.png)"),
    count: parsedFlag(positiveInteger, "N", "Number of images"),
    size: textFlag("WxH", "Size in pixels, such as 1024x1024"),
    quality: {
      kind: "enum",
      values: ["low", "medium", "high", "auto"],
      optional: true,
      brief: "Quality of the image",
    },
    background: {
      kind: "enum",
      values: ["transparent", "opaque", "auto"],
      optional: true,
      brief: "Background of the image",
    },
    inline: {
      kind: "enum",
      values: ["auto", "never"],
      optional: true,
      brief: "Show the images in the terminal if it can show images (auto, the default), or never",
    },
    ...API_FLAGS,
  },
  aliases: { ...OUTPUT_ALIASES, H: "header", m: "model", o: "output", i: "image", n: "count" },
  positional: {
    kind: "array",
    parameter: {
      parse: text,
      brief: "The prompt; - or no prompt reads standard input",
      placeholder: "PROMPT",
    },
  },
  docs: {
    brief: "Generate or edit images",
    description:
      "Writes each image to a file and prints the paths of the files on stdout. A terminal that shows images (kitty,\n" +
      "iTerm2, WezTerm, Ghostty) also shows them. If there are several images, their names are numbered.",
    examples: [
      `culvert image --provider demo -o river.png "A river under a road"`,
      `culvert image --provider demo -n 2 --json "A river" | tail -1`,
    ],
    seeAlso: ["culvert respond", "culvert models"],
  },
  load: () => import("./run.ts"),
});

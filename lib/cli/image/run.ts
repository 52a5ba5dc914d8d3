/**
 * Implements `culvert image`.
 *
 * @module
 */
import { type ImageReply, makeImages } from "../../api/images.ts";
import { CulvertError } from "../../errors.ts";
import { imageType } from "../../files/image_type.ts";
import { withApi } from "../command/api_command.ts";
import type { CliContext } from "../command/context.ts";
import type { Host } from "../command/host.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { imageProtocol, imageSequence } from "../output/inline_image.ts";
import { openOutput } from "../output/output_file.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import { imageUrl } from "../respond/input_files.ts";
import { readPrompt } from "../respond/read_prompt.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import { IMAGE_MODEL, type ImageFlags } from "./command.ts";
import { imagePaths, otherFormat } from "./image_paths.ts";

/** Requests the images, writes them and prints their paths. */
export async function run(context: CliContext, flags: ImageFlags, ...words: string[]): Promise<void> {
  const { host } = context;
  using stop = listenForStop(host);
  checkOutput(flags);
  const prompt = await readPrompt(words, host, stop.signal);
  const images = await Promise.all((flags.image ?? []).map(imageUrl));
  // Checked before the request, which has to be paid for.
  const chosen = flags.output ?? imagePaths.byTime(host.world.now());
  if (chosen !== "-") await openOutput(host, chosen);
  const { background, count, quality, size } = flags;
  const reply = await withApi(
    context,
    flags,
    "the images",
    ({ connection, signal }) =>
      makeImages(connection, {
        prompt,
        images,
        model: flags.model ?? IMAGE_MODEL,
        ...(background === undefined ? {} : { background }),
        ...(count === undefined ? {} : { count }),
        ...(quality === undefined ? {} : { quality }),
        ...(size === undefined ? {} : { size }),
      }, { signal }),
  );
  if (chosen === "-") return await writeToStdout(host, reply);
  const paths = await writeFiles(
    host,
    createReporter(host, flags),
    reply,
    chosen,
    flags.output === undefined,
  );
  if (flags.json === true) await host.stdout.write(`${JSON.stringify(jsonOf(reply, paths))}\n`);
  else await printPaths(host, flags, reply, paths);
}

function checkOutput({ count = 1, json, output }: ImageFlags): void {
  if (output !== "-") return;
  if (json !== true && count === 1) return;
  throw new CulvertError(
    "usage",
    `--output - cannot be combined with ${json === true ? "--json" : "--count"}`,
    {
      hint: "Standard output can contain only one image. Name a file instead.",
    },
  );
}

async function writeToStdout(host: Host, { images: [image] }: ImageReply): Promise<void> {
  if (host.stdout.isTerminal) {
    throw new CulvertError("usage", "--output - would write an image to a terminal", {
      hint: "Redirect standard output to a file, or name a file.",
    });
  }
  if (image !== undefined) await host.stdout.write(image);
}

async function writeFiles(
  host: Host,
  reporter: Reporter,
  { images }: ImageReply,
  chosen: string,
  isDefault: boolean,
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const [index, named] of imagePaths.forImages(chosen, images, isDefault).entries()) {
    // Another command may have written an image in the same second.
    const path = isDefault ? await createUnused(named, host.world.cwd()) : named;
    await (await openOutput(host, path)).write(images[index] ?? new Uint8Array());
    paths.push(path);
  }
  const [path = chosen] = paths;
  const format = otherFormat(path, images[0]);
  if (format !== undefined) {
    reporter.warn({
      code: "image_format",
      message:
        `The content of ${path} is ${format}, although its name has another extension: the API chose the format`,
    });
  }
  return paths;
}

async function printPaths(
  { stdout, world }: Host,
  { inline }: ImageFlags,
  { images }: ImageReply,
  paths: readonly string[],
): Promise<void> {
  const protocol = stdout.isTerminal && inline !== "never" ? imageProtocol(world.env) : undefined;
  for (const [index, path] of paths.entries()) {
    const sequence = protocol === undefined ? undefined : imageSequence(images[index], protocol);
    if (sequence !== undefined) await stdout.writeSequence(sequence);
    await stdout.write(`${path}\n`);
  }
}

function jsonOf({ background, created, images, quality, size }: ImageReply, paths: readonly string[]) {
  return {
    type: "culvert.images",
    created,
    background: background ?? null,
    quality: quality ?? null,
    size: size ?? null,
    images: paths.map((path, index) => ({
      path,
      bytes: images[index]?.length ?? 0,
      format: imageType(images[index])?.extension ?? null,
    })),
  };
}

/**
 * Creates an empty file that did not exist.
 *
 * @param name with an extension
 * @param cwd the working directory
 * @returns the name; with `-2`, `-3` and so on before its extension if a file has it already
 */
async function createUnused(name: string, cwd: string): Promise<string> {
  for (let number = 2, candidate = name;; number++) {
    try {
      (await Deno.open(absolutePath(candidate, cwd), { write: true, createNew: true })).close();
      return candidate;
    } catch (error) {
      // Where no file can be created, `openOutput` reports the reason.
      if (!(error instanceof Deno.errors.AlreadyExists)) return candidate;
      candidate = name.replace(/(?=\.[^.]*$)/, `-${number}`);
    }
  }
}

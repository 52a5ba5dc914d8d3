/**
 * Reads the prompts: from the arguments, from standard input or from a file.
 *
 * @module
 */
import { raceAbort } from "../../async/race_abort.ts";
import { CulvertError } from "../../errors.ts";
import { decodeText } from "../../text/decode_text.ts";
import type { Host } from "../command/host.ts";
import type { RespondFlags } from "./command.ts";

/** Largest standard input that is read, bytes: the limit for files. */
const LARGEST_INPUT = 64 * 1024 * 1024;

/** Time without input after which a message says that the program waits for it, ms. */
const NOTICE_AFTER_MS = 3_000;

/**
 * Returns the prompts: one, or the lines of the file that `--repeat-from` names. The only one is `undefined` if the
 * outputs of tools are all that is sent.
 *
 * @param signal ends the reading of standard input
 * @throws CulvertError `usage`, `input_unreadable`; the reason of the signal
 */
export async function readPrompts(
  { repeatFrom, toolOutput }: RespondFlags,
  words: readonly string[],
  host: Host,
  signal: AbortSignal,
): Promise<readonly (string | undefined)[]> {
  if (toolOutput !== undefined && words.length === 0) return [undefined];
  if (repeatFrom === undefined) return [await readPrompt(words, host, signal)];
  return await readPromptLines(repeatFrom, host, signal);
}

/**
 * Builds the prompt. Standard input is read only if an argument is `-` or there is no argument: a program that reads a
 * pipe that is never closed would wait for ever.
 *
 * @param words the positional arguments
 * @param signal ends the reading of standard input
 * @throws CulvertError `usage` if the prompt is empty; the reason of the signal
 */
export async function readPrompt(words: readonly string[], host: Host, signal: AbortSignal): Promise<string> {
  if (words.length > 0 && !words.includes("-")) {
    const given = words.join(" ");
    if (given.trim() !== "") return given;
    throw new CulvertError("usage", "The prompt is empty", {
      hint: "Write a prompt, or omit the argument to read a pipe.",
    });
  }
  if (words.length === 0 && host.stdin.isTerminal) {
    throw new CulvertError("usage", "No prompt was given, and standard input is a terminal", {
      hint: "Write the prompt as an argument, pipe it in, or use - to type it and end it with Ctrl-D.",
    });
  }
  const input = withoutFinalNewline(await readInput(host, signal));
  const prompt = words.length === 0 ? input : words.map((word) => word === "-" ? input : word).join("\n");
  if (prompt.trim() === "") {
    throw new CulvertError("usage", "The prompt is empty: standard input contains no text", {
      hint: "Pipe a text in, or write the prompt as an argument.",
    });
  }
  return prompt;
}

/**
 * Reads the prompts of `--repeat-from`: the lines of a file that are not blank.
 *
 * @param path as typed; `-` is standard input
 * @param signal ends the reading of standard input
 * @throws CulvertError `input_unreadable` if the file has no prompt; the reason of the signal
 */
async function readPromptLines(
  path: string,
  host: Host,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { readText } = await import("./input_files.ts");
  const text = path === "-" ? await readInput(host, signal) : await readText(path, "--repeat-from");
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length > 0) return lines;
  throw new CulvertError("input_unreadable", `Cannot use --repeat-from ${path}: it contains no text`, {
    hint: "Write one prompt per line.",
  });
}

/**
 * Reads standard input to its end. After three seconds without input the user is told what is waited for.
 *
 * @param signal ends the reading
 * @returns the text; UTF-8 and UTF-16 are recognized
 * @throws CulvertError `input_unreadable` if it is larger than the limit, as an endless pipe is; the signal's reason
 */
export async function readInput(host: Host, signal: AbortSignal): Promise<string> {
  const begun = new AbortController();
  host.world.sleep(NOTICE_AFTER_MS, begun.signal).then(
    () => host.stderr.writeSync("culvert: waiting for the prompt on standard input (end it with Ctrl-D)\n"),
    () => {
      // Input began before that, or the reading ended.
    },
  );
  const reader = host.stdin.stream().getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await raceAbort(reader.read(), signal);
      if (done) return decodeText(await new Blob(pieces).bytes());
      begun.abort();
      pieces.push(value);
      length += value.length;
      if (length > LARGEST_INPUT) throw tooLarge();
    }
  } finally {
    begun.abort();
  }
}

function tooLarge(): CulvertError {
  return new CulvertError("input_unreadable", "Cannot read standard input: it is larger than 64 MiB", {
    hint:
      "Check the program that writes to the pipe, or upload the content as a file: culvert respond --file PATH.",
  });
}

/** echo, a here-document and the Enter key end their text with a newline that is not part of the prompt. */
function withoutFinalNewline(text: string): string {
  return text.replace(/\r?\n$/, "");
}

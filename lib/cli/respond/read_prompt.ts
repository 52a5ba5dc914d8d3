/**
 * Where the prompt comes from.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Host } from "../command/host.ts";

/** Say so when nothing has come on stdin for so long, ms. */
const SILENCE_MS = 3_000;

/**
 * Puts the prompt together. Standard input is touched only where a word is `-`, or where there is no word at
 * all: a program that waits for the end of a pipe which nobody closes hangs for ever, and that is the commonest
 * complaint about programs of this kind.
 *
 * @param words the positional arguments
 * @param host for standard input, and for the one line that says what is being waited for
 * @throws CulvertError `usage` when there is nothing to ask
 */
export async function readPrompt(words: readonly string[], host: Host): Promise<string> {
  if (words.length > 0 && !words.includes("-")) return words.join(" ");
  if (words.length === 0 && host.stdin.isTerminal) {
    throw new CulvertError("usage", "Nothing to ask: no prompt was given, and standard input is a terminal", {
      hint: "Give the prompt as an argument, pipe it in, or type - to enter it and end with Ctrl-D.",
    });
  }
  const typed = await readAll(host);
  const prompt = words.length === 0 ? typed : words.map((word) => word === "-" ? typed : word).join("\n");
  if (prompt.trim() === "") {
    throw new CulvertError("usage", "Nothing to ask: standard input was empty", {
      hint: "Pipe in some text, or give the prompt as an argument.",
    });
  }
  return prompt;
}

async function readAll(host: Host): Promise<string> {
  const notice = setTimeout(() => {
    host.stderr.writeSync("culvert: waiting for the prompt on standard input (end it with Ctrl-D)\n");
  }, SILENCE_MS);
  let text = "";
  try {
    for await (const piece of host.stdin.stream().pipeThrough(new TextDecoderStream())) {
      clearTimeout(notice);
      text += piece;
    }
  } finally {
    clearTimeout(notice);
  }
  // The newline that echo, a heredoc or the Enter key puts at the end is no part of the question.
  return text.replace(/\r?\n$/, "");
}

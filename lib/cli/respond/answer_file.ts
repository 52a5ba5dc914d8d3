/**
 * Writes the answers of a command to the file that `--output` names.
 *
 * @module
 */
import { raceAbort } from "../../async/race_abort.ts";
import { CulvertError } from "../../errors.ts";
import type { Host } from "../command/host.ts";
import { openOutput, type OutputFile } from "../output/output_file.ts";
import type { Reporter } from "../output/reporter.ts";

/** Separates the answers of `--repeat-from`, on stdout and in the file. */
const SEPARATOR = "---\n";

/** Collects answers and writes them all at the end. */
export interface AnswerFile {
  /** Takes a complete answer. */
  readonly add: (answer: string) => void;
  /**
   * Writes the file.
   *
   * @throws CulvertError `output_unwritable`; the signal's reason while the reader of a FIFO is waited for
   */
  readonly write: () => Promise<void>;
  /** Takes an answer that is not complete, and writes all of them to a file beside the one that was named. */
  readonly writePartial: (answer: string, reporter: Reporter) => Promise<void>;
}

/**
 * Checks the file before anything is sent.
 *
 * @param json whether stdout has JSON lines
 * @param signal ends the wait for the reader of a FIFO
 * @returns `undefined` if the file is stdout, which has the answer already
 * @throws CulvertError `output_unwritable`; `usage` where stdout has JSON lines
 */
export async function openAnswerFile(
  host: Host,
  path: string,
  json: boolean,
  signal: AbortSignal,
): Promise<AnswerFile | undefined> {
  const output = await openOutput(host, path);
  if (output.target.kind !== "stream" || output.target.stream !== "stdout") return answerFile(output, signal);
  if (!json) return undefined;
  throw new CulvertError("usage", `--output ${path}: standard output already has the events of --json`, {
    hint: "Name a file, or remove one of the two flags.",
  });
}

function answerFile(output: OutputFile, signal: AbortSignal): AnswerFile {
  const answers: string[] = [];
  // A signal that has come already must not keep the partial answer from being written.
  const abortable = <T>(work: Promise<T>) => raceAbort(work, signal.aborted ? undefined : signal);
  const content = () => answers.map(withFinalNewline).join(SEPARATOR);
  return {
    add: (answer) => void answers.push(answer),
    write: () => abortable(output.write(content())),
    writePartial: async (answer, reporter) => {
      if (answer !== "") answers.push(answer);
      if (answers.length === 0) return;
      const path = await abortable(output.writePartial(content()));
      reporter.progress(`the part of the answer that arrived is in ${path}`);
    },
  };
}

function withFinalNewline(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

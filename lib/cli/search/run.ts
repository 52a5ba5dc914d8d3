/**
 * Implements `culvert search`.
 *
 * @module
 */
import { type SearchReply, searchWeb } from "../../api/search.ts";
import { withApi } from "../command/api_command.ts";
import type { CliContext } from "../command/context.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { readPrompt } from "../respond/read_prompt.ts";
import type { SearchFlags } from "./command.ts";

/** Searches and prints the results. */
export async function run(context: CliContext, flags: SearchFlags, ...words: string[]): Promise<void> {
  const { host } = context;
  using stop = listenForStop(host);
  const q = await readPrompt(words, host, stop.signal);
  const { contextSize, domain: domains, maxOutputTokens, recency } = flags;
  const query = {
    q,
    ...(recency === undefined ? {} : { recency }),
    ...(domains === undefined ? {} : { domains }),
  };
  const reply = await withApi(
    context,
    flags,
    "the results",
    ({ connection, signal }) =>
      searchWeb(connection, {
        model: connection.settings.model,
        commands: { search_query: [query] },
        ...(contextSize === undefined ? {} : { settings: { search_context_size: contextSize } }),
        ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
      }, { signal }),
  );
  await host.stdout.write(
    flags.json === true ? `${JSON.stringify(jsonOf(reply))}\n` : `${reply.output.trimEnd()}\n`,
  );
}

/**
 * Returns the reply as JSON. `results` is absent if the server sent none, which differs from an empty list.
 */
function jsonOf({ encryptedOutput, output, results }: SearchReply) {
  return {
    type: "culvert.search",
    output,
    encrypted_output: encryptedOutput ?? null,
    ...(results === undefined ? {} : { results }),
  };
}

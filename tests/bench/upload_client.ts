/**
 * Uploads a file in a process of its own and prints its resident memory, in MB: the most within the first tenth of the
 * content, and the most after that; then the time, in ms. Arguments: origin of the API, path of the file.
 */
import { uploadFile } from "../../lib/api/files/upload_file.ts";
import { processWorld } from "../../lib/cli/app/process.ts";
import { SILENT } from "../../lib/net/observer.ts";
import { dialerFor } from "../net/kit.ts";
import { provider, tokens } from "../responses/kit.ts";

const [origin = "", path = ""] = Deno.args;
using dialer = await dialerFor();
const { size } = await Deno.stat(path);
let early = 0;
let late = 0;
let sampled = 0;
const begin = performance.now();
await uploadFile(
  {
    dialer,
    world: processWorld(),
    observer: SILENT,
    authenticator: tokens("chatgpt", "bench-token"),
    settings: {
      codexHome: "/nowhere",
      model: "m",
      provider: provider(`${origin}/v1`),
      chatgptBaseUrl: `${origin}/backend-api`,
      transport: "auto",
      warnings: [],
      notes: [],
      sources: {},
    },
  },
  path,
  {
    onSent: (bytes) => {
      if (bytes - sampled < size / 100) return;
      sampled = bytes;
      const { rss } = Deno.memoryUsage();
      if (bytes < size / 10) early = Math.max(early, rss);
      else late = Math.max(late, rss);
    },
  },
);
const ms = Math.round(performance.now() - begin);
console.log(`${Math.round(early / 1e6)} ${Math.round(late / 1e6)} ${ms}`);
Deno.exit(0);

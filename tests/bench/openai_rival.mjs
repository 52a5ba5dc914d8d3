// Reads one stream with the openai package and prints the ms of the best of three runs.
import OpenAI from "openai";

const client = new OpenAI({ apiKey: "k", baseURL: process.argv[2], maxRetries: 0 });
let best = Infinity;
for (let run = 0; run < 3; run++) {
  const begin = performance.now();
  let events = 0;
  for await (const event of await client.responses.create({ model: "bench", input: "hi", stream: true })) {
    if (event.type) events++;
  }
  if (events < 1000) throw new Error(`${events} events`);
  best = Math.min(best, performance.now() - begin);
}
console.log(best);

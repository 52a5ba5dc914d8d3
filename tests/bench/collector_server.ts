/** A collector for benchmarks, run as a child process: accepts every request. Prints its port. */
Deno.serve({
  port: 0,
  hostname: "127.0.0.1",
  onListen: ({ port }) => console.log(port),
}, async (request) => {
  await request.body?.pipeTo(new WritableStream());
  return new Response("{}", { headers: { "content-type": "application/json" } });
});

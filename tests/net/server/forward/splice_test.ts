/** Joined connections of which one is closed before they are joined. */
import { connect, createServer, type Socket } from "node:net";
import { bind } from "../../../../lib/net/server/tracked_server.ts";
import { reset, splice } from "../../../../lib/net/server/forward/splice.ts";
import { assertEquals } from "../../../support/assert.ts";
import { eventually } from "../kit.ts";

/** Both ends of a connection on loopback. The far end stays open after the near one has ended. */
async function connection(): Promise<{ near: Socket; far: Socket } & Disposable> {
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer({ allowHalfOpen: true }, accepted.resolve);
  const port = await bind(server, 0, "127.0.0.1");
  const near = connect({ host: "127.0.0.1", port });
  const far = await accepted.promise;
  for (const socket of [near, far]) socket.on("error", () => {});
  return {
    near,
    far,
    [Symbol.dispose]: () => {
      near.destroy();
      far.destroy();
      server.close();
    },
  };
}

for (const [how, close] of [["ended", (far: Socket) => far.end()], ["was reset", reset]] as const) {
  Deno.test(`a connection is closed when it is joined to one that ${how} before`, async () => {
    using client = await connection();
    using other = await connection();
    client.near.resume();
    close(client.far);
    await eventually(() => client.near.destroyed, "the connection of the client is closed");
    assertEquals(other.near.destroyed, false);
    splice(client.near, other.near);
    await eventually(() => other.near.destroyed, "the other connection is closed");
  });
}

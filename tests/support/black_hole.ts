/** A port whose connection attempts are never answered, like those that a firewall drops. */

/** A listening port whose queue is full: attempts are neither accepted nor refused. */
export interface BlackHole extends Disposable {
  readonly port: number;
}

/** Opens one on 127.0.0.1 and fills its queue. Linux drops further packets; other systems may refuse them. */
export async function blackHole(): Promise<BlackHole> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  const held: Deno.Conn[] = [];
  let isOver = false;
  for (let isFull = false; !isFull;) {
    const conn = Deno.connect({ hostname: "127.0.0.1", port });
    // The pending attempt succeeds or fails when the listener closes.
    conn.then((one) => isOver ? one.close() : held.push(one), () => {});
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(true), 300)));
    isFull = await Promise.race([conn.then(() => false), silence]);
    clearTimeout(timer);
  }
  return {
    port,
    [Symbol.dispose]: () => {
      isOver = true;
      listener.close();
      for (const one of held) one.close();
    },
  };
}

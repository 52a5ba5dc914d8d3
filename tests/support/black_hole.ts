/** An address that swallows every attempt to connect, as a firewall does that drops packets. */

/** A port whose queue is full: nobody refuses, nobody accepts. */
export interface BlackHole extends Disposable {
  readonly port: number;
}

/** Digs one on 127.0.0.1. What a full queue does with the next packet is the system's: Linux drops it. */
export async function blackHole(): Promise<BlackHole> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  const held: Deno.Conn[] = [];
  let isOver = false;
  for (let isFull = false; !isFull;) {
    const conn = Deno.connect({ hostname: "127.0.0.1", port });
    // The attempt that hangs comes through, or fails, when the listener closes.
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

/**
 * Preloaded into the program under test: appends the stack trace of each call that opens a connection to the file that
 * `CULVERT_TEST_STACKS` names, one JSON object a line. Nothing else of the call is changed.
 */
Error.stackTraceLimit = Infinity;

const path = Deno.env.get("CULVERT_TEST_STACKS");
if (path === undefined) throw new Error("CULVERT_TEST_STACKS is not set");

function record(call: string): void {
  const line = JSON.stringify({ call, stack: new Error(call).stack });
  Deno.writeTextFileSync(path ?? "", `${line}\n`, { append: true });
}

const { connect } = Deno;
Deno.connect = new Proxy(connect, {
  apply: (target, self, args) => {
    record("connect");
    return Reflect.apply(target, self, args);
  },
});
globalThis.fetch = new Proxy(globalThis.fetch, {
  apply: (target, self, args) => {
    record("fetch");
    return Reflect.apply(target, self, args);
  },
});

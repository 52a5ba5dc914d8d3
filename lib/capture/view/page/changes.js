/**
 * The changes of a capture that grows. The tabs of a browser share one event stream: a browser opens at most six
 * connections to a host, and an event stream occupies one until its tab is closed.
 *
 * @module
 */

/**
 * Calls `connected`, `changed`, `ended` and `lost` of the handlers as the stream reports them.
 *
 * @param address returns the address of the stream, with the version of the capture that the page shows
 */
export function followChanges(address, handlers) {
  // Browsers without secure contexts on loopback have no locks: each tab has a stream of its own there.
  if (navigator.locks === undefined) return void openStream(address(), (name) => handlers[name]());
  const channel = new BroadcastChannel("changes");
  let state = "lost";
  const take = (name) => {
    if (name !== "changed") state = name;
    handlers[name]();
  };
  channel.addEventListener("message", ({ data }) => data in handlers && take(data));
  // The tab that has the lock reads the stream for all; when it is closed, the next one gets the lock.
  navigator.locks.request("changes", () => {
    if (state === "ended") return undefined;
    channel.addEventListener("message", ({ data }) => {
      if (data !== "joined") return;
      channel.postMessage(state);
      // The new tab may have missed a change between its load and its listening.
      channel.postMessage("changed");
    });
    openStream(address(), (name) => {
      take(name);
      channel.postMessage(name);
    });
    // Held until the tab is closed.
    return new Promise(() => {});
  });
  channel.postMessage("joined");
}

function openStream(address, tell) {
  const source = new EventSource(address);
  source.addEventListener("open", () => tell("connected"));
  source.addEventListener("changed", () => tell("changed"));
  source.addEventListener("ended", () => {
    source.close();
    tell("ended");
  });
  source.addEventListener("error", () => tell("lost"));
}

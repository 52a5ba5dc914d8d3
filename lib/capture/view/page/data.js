/**
 * Where the data comes from: the page itself, or the program that serves it.
 *
 * @module
 */

/** Opens the data that is embedded in the page, or that of the server. */
export function openData() {
  const embedded = document.getElementById("embedded-data");
  if (embedded !== null) {
    const data = JSON.parse(embedded.textContent);
    return {
      index: () => Promise.resolve(data.index),
      detail: (id) => Promise.resolve(data.details[id]),
      onChange: () => false,
    };
  }
  const get = async (path) => {
    const response = await fetch(path);
    if (!response.ok) throw new Error(`The server answered ${response.status}`);
    return await response.json();
  };
  return {
    index: () => get("data/index.json"),
    detail: (id) => get(`data/exchange/${encodeURIComponent(id)}.json`),
    onChange: ({ connected, changed, ended, lost }) => {
      const source = new EventSource("data/changes");
      source.addEventListener("open", connected);
      source.addEventListener("changed", changed);
      source.addEventListener("ended", () => {
        source.close();
        ended();
      });
      source.addEventListener("error", lost);
      return true;
    },
  };
}

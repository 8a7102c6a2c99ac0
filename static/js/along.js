// Reading along: keys of one letter, and news of the talk; each is loaded when it is first needed.
const KEYS = /^([jkptnre?]|[JK]|Enter)$/;
const TYPES = "input, textarea, select, [contenteditable], dialog, video";

async function press(event) {
  const { key, target } = event;
  if (!KEYS.test(key) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.defaultPrevented || target.closest?.(TYPES) || document.querySelector("dialog[open]")) return;
  if (key === "Enter" && !target.matches("article")) return;
  (await import("./keys.js")).press(key);
}

const talk = document.querySelector(".talk[data-news]");
if (talk) setTimeout(() => import("./news.js"), 30_000);
if (document.body.dataset.keys !== "off") document.addEventListener("keydown", press);

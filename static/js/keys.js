// The keys of along.js: they move the focus from comment to comment, and press what stands there.
const SHOWN = "details:not([open])";
let current, list;

function comments() {
  return [...document.querySelectorAll(".talk article.comment")].filter((one) => !one.parentElement.closest(SHOWN));
}

const words = (comment) => comment.querySelector(":scope > details[open] > .comment-body, :scope > details > summary, :scope > .note");

// Where the reader is: the comment with the focus, or the last one that had it if it is still in sight.
function here() {
  const focused = document.activeElement.closest(".talk article.comment");
  if (focused) return focused;
  if (!current?.isConnected) return;
  const { top, bottom } = words(current).getBoundingClientRect();
  if (bottom > 0 && top < innerHeight) return current;
}

function go(comment) {
  if (!comment) return;
  current = comment;
  comment.tabIndex = -1;
  comment.focus({ preventScroll: true });
  if (comment.getBoundingClientRect().top < 0 || words(comment).getBoundingClientRect().bottom > innerHeight) comment.scrollIntoView();
}

function step(way) {
  const all = comments();
  const at = all.indexOf(here());
  if (at >= 0) return all[at + way];
  const above = (one) => one.getBoundingClientRect().top < -4; // less is a rounding, or a font that came late
  return way > 0 ? all.find((one) => !above(one)) || all.at(-1) : all.findLast(above);
}

function sibling(way) {
  let one = here();
  if (!one) return step(way === "nextElementSibling" ? 1 : -1);
  do one = one[way]; while (one && !one.matches("article.comment"));
  return one;
}

function act(verb) {
  const comment = here();
  const link = comment?.querySelector(`:scope > details > .acts a[href$="/${verb}/"]`);
  if (!link) return;
  link.closest("details").open = true;
  link.click();
}

function fold() {
  const details = document.activeElement.querySelector(":scope > details");
  if (details) details.open = !details.open;
}

// The list is a page of its own; here it comes into a dialog, with its style sheet.
async function read() {
  const answer = await fetch("/keys/");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const dialog = Object.assign(document.createElement("dialog"), { className: "keys-list" });
  const heading = Object.assign(document.createElement("h2"), { className: "h small", textContent: page.querySelector("h1").textContent, id: "keys-h" });
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.append(heading, page.querySelector("[data-keys-list]"));
  dialog.querySelector("form").hidden = false;
  const sheet = page.querySelector("link[href*='/along.']");
  await new Promise((done) => {
    sheet.onload = sheet.onerror = done; // shown bare it would jump
    document.head.append(sheet);
  });
  document.body.append(dialog);
  return dialog;
}

async function help() {
  list ||= read();
  try {
    const dialog = await list;
    if (!dialog.open) dialog.showModal(); // closed by Escape, and the focus goes back
  } catch {
    location.href = "/keys/";
  }
}

const DO = {
  j: () => go(step(1)),
  k: () => go(step(-1)),
  J: () => go(sibling("nextElementSibling")),
  K: () => go(sibling("previousElementSibling")),
  p: () => go(document.getElementById(`c${here()?.dataset.parent}`)),
  t: () => go(here()?.closest(".talk > article")),
  n: () => document.querySelector("[data-next-new], .came a")?.click(),
  r: () => act("reply"),
  e: () => act("edit"),
  Enter: fold,
  "?": help,
};

export function press(key) {
  DO[key]();
}

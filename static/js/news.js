// .talk[data-news]: asks now and then what came, and says so without moving a line; a press brings it in.
import { kidsOf } from "./forms.js";

const talk = document.querySelector(".talk");
const live = document.querySelector("[data-live]");
const here = (id) => document.getElementById(id);
let wait = 30, asked = 0, told, timer, mine, ids; // seconds, milliseconds

async function ask() {
  if (document.hidden) return;
  asked = Date.now();
  try {
    const address = `${talk.dataset.news}?since=${talk.dataset.at}`;
    const answer = await fetch(address, { credentials: "omit", cache: "no-cache" });
    if (answer.status === 404 || answer.status === 410) return;
    wait = tell(await heard(await answer.json(), address)) ? 30 : Math.min(60, wait * 1.2);
  } catch {
    wait = Math.min(600, wait * 2);
  }
  later(wait);
}

// What this reader wrote elsewhere or muted is no news to them: asked for once something is to be told.
async function heard(news, address) {
  if (news.new.every(([id]) => here(`c${id}`))) return news;
  const now = news.new.join();
  if (ids !== now) mine = await (await fetch(`${address}&mine`)).json();
  ids = now;
  return mine;
}

function later(seconds) {
  clearTimeout(timer);
  timer = setTimeout(ask, seconds * 1000);
}

function link(className, ids, place, more = "") {
  const words = live.dataset[(ids.length === 1 ? "one" : "many") + place].replace("#", ids.length + more);
  const made = Object.assign(document.createElement("a"), { className, href: `/comments/${ids[0]}/`, textContent: words });
  made.dataset.bring = `c${ids[0]}`;
  return made;
}

function clear() {
  for (const one of document.querySelectorAll(".came, [data-bring]")) one.remove();
}

// What stands here already, as what I wrote, is no news.
function tell({ more, new: all }) {
  const news = new Map(all.filter(([id]) => !here(`c${id}`)));
  const below = new Map(); // the actions of a comment that is here: what came under it
  clear();
  for (let [id, up] of news) {
    const found = [id];
    while (news.has(up)) up = news.get(up);
    const acts = here(`a${up}`);
    if (acts) below.set(acts, (below.get(acts) || []).concat(found));
  }
  if (news.size) {
    const bar = Object.assign(document.createElement("p"), { className: "came" });
    bar.append(link("btn main", [...news.keys()], "", more ? "+" : ""));
    talk.before(bar);
    if (!told) live.textContent = bar.textContent;
  }
  for (const [acts, ids] of below) {
    const height = acts.offsetHeight;
    const made = link("hot", ids, "Here");
    acts.append(made);
    if (acts.offsetHeight > height) made.remove(); // it would move the text
  }
  return (told = news.size);
}

// Every comment of the page as it is now that is not here yet goes to its place.
async function bring(pressed) {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  for (const one of page.querySelectorAll(".talk article.comment")) if (!here(one.id)) place(one);
  Object.assign(talk.dataset, page.querySelector(".talk").dataset);
  for (const name of [".kick a[href='#talk']", ".map"]) document.querySelector(name)?.replaceWith(...page.querySelectorAll(name));
  const comment = here(pressed.dataset.bring); // not here: on another page of the talk
  clear();
  told = 0;
  for (let up = comment.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
  comment.tabIndex = -1;
  comment.focus({ preventScroll: true });
  comment.scrollIntoView({ block: "center" });
}

function place(one) {
  const parent = one.parentElement.closest("article.comment");
  let before = one.previousElementSibling;
  while (before && !(before.id && here(before.id))) before = before.previousElementSibling;
  if (before) here(before.id).after(one);
  else kidsOf(parent && here(parent.id)).prepend(one);
  talk.querySelector(".empty")?.remove();
  if (!one.matches(".mine, :has(> details > .veil)")) one.dataset.new ??= "";
  one.dispatchEvent(new CustomEvent("foyer:new", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-bring]");
  if (!pressed || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  bring(pressed).catch(() => location.assign(pressed.href));
});
document.addEventListener("visibilitychange", () => later(Math.max(0, 30 - (Date.now() - asked) / 1000)));
ask();

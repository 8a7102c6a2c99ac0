// .talk details: what a reader folded stays folded on the next visit; the target of a link never is, and
// is shown where it is if that is on another page.
// A press on the line beside replies folds them too; choosing text never does.
const KEY = "folded"; // in localStorage: ids of comments, the latest last
const MOST = 500;
const REACH = 12; // pixels

function folded() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) || [];
  } catch {
    return []; // storage is closed to us, or holds something else
  }
}

function keep(event) {
  const comment = event.target.parentElement;
  if (!comment?.matches(".comment[id]")) return;
  const before = folded();
  if (before.includes(comment.id) === !event.target.open) return;
  const after = before.filter((id) => id !== comment.id);
  if (!event.target.open) after.push(comment.id);
  try {
    localStorage.setItem(KEY, JSON.stringify(after.slice(-MOST)));
  } catch {
    return; // then it is not remembered
  }
}

function fold() {
  for (const id of folded()) document.querySelector(`#${CSS.escape(id)} > details`)?.removeAttribute("open");
}

function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  const [, elsewhere] = (!target && document.querySelector(".talk") && location.hash.match(/^#c(\d+)$/)) || [];
  if (elsewhere) location.replace(`/comments/${elsewhere}/`); // on a page of the talk that is not here
  if (!target) return;
  let details = target.querySelector(":scope > details") || target.closest("details");
  for (; details; details = details.parentElement.closest("details")) details.open = true;
  target.scrollIntoView({ behavior: "instant" });
}

// The replies whose line is nearest to a press, within 12 pixels on either side.
function lineAt({ clientX: x, clientY: y, target }) {
  if (target.closest("a, button, summary, form, .comment-body, .note, .acts")) return;
  const rtl = document.dir === "rtl";
  let nearest, least = REACH;
  for (const shift of [0, rtl ? -REACH : REACH]) {
    let kids = document.elementFromPoint(x + shift, y)?.closest("details > .kids");
    for (; kids; kids = kids.parentElement.closest("details > .kids")) {
      const { left, right } = kids.getBoundingClientRect();
      const away = Math.abs(x - (rtl ? right : left));
      if (away < least && parseFloat(getComputedStyle(kids).borderInlineStartWidth)) [nearest, least] = [kids, away];
    }
  }
  return nearest;
}

function press(event) {
  if (event.button || !event.detail) return; // a key on the summary
  const summary = event.target.closest(".comment summary");
  const chosen = getSelection();
  if (chosen.type === "Range" && event.detail !== 2) { // the second press takes the first one back
    if (summary && chosen.containsNode(summary, true)) event.preventDefault();
    return;
  }
  const details = !summary && lineAt(event)?.parentElement;
  if (!details) return;
  details.open = false;
  details.firstElementChild.focus({ preventScroll: true });
  details.firstElementChild.scrollIntoView({ block: "nearest" });
}

fold();
reveal();
document.addEventListener("click", press);
document.addEventListener("toggle", keep, true); // toggle does not bubble
addEventListener("hashchange", reveal);

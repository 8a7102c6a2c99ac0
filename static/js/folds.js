// .talk details: what a reader folded stays folded on the next visit; the target of a link never is.
const KEY = "folded"; // in localStorage: ids of comments, the latest last
const MOST = 500;

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
  if (!target) return;
  let details = target.querySelector(":scope > details") || target.closest("details");
  for (; details; details = details.parentElement.closest("details")) details.open = true;
  target.scrollIntoView({ behavior: "instant" });
}

fold();
reveal();
document.addEventListener("toggle", keep, true); // toggle does not bubble
addEventListener("hashchange", reveal);

// form[data-seen]: a visit is told once the talk was before somebody's eyes for a while.
// a[data-next-new]: leads from where one reads to the next new comment, wherever in the talk it is.
const SEEN_MS = 3000;
const form = document.querySelector("form[data-seen]");
let isNear = false;
let timer = 0;

function look() {
  clearTimeout(timer);
  if (isNear && !document.hidden && !document.prerendering) timer = setTimeout(tell, SEEN_MS);
}

function tell() {
  near.disconnect();
  isNear = false;
  fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => {}); // then it is told next time
}

const near = new IntersectionObserver((entries) => {
  isNear = entries.at(-1).isIntersecting;
  look();
});
if (form) {
  near.observe(document.querySelector("#talk"));
  document.addEventListener("visibilitychange", look);
  document.addEventListener("prerenderingchange", look);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-next-new]");
  const all = [...document.querySelectorAll("article[data-new]")];
  if (!link || !all.length || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.detail && link.matches(".after")) return; // a press, not a key
  event.preventDefault();
  const here = document.activeElement.closest(".comment") || document.querySelector(".comment:target");
  const last = all.findLast((one) => here && !(here.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING));
  const way = last && document.querySelector(`#a${last.id.slice(1)} .after`);
  if (way && !document.querySelector(way.hash)) return location.assign(way.href);
  const next = all[all.indexOf(last) + 1] || all[0];
  for (let fold = next.parentElement.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  location.assign(`#${next.id}`);
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
});

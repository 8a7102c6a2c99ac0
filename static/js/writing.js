// form[data-pencil]: what helps to write is loaded once there is such a form, and is told what was
// selected when its link was pressed, as pressing takes the selection away.
let chosen;

const load = (act) => import("./pencil.js").then(act, () => {}); // without a network the plain form has to do

function start({ target }) {
  const range = chosen;
  chosen = null;
  if (target.querySelector("form[data-pencil]")) load((pencil) => pencil.start(target, range));
}

function choose({ type, detail, target }) {
  if (type === "click" && detail) return; // the pointer was down before
  const selection = getSelection();
  chosen = target.closest("a[data-form-link]") && !selection.isCollapsed && selection.getRangeAt(0).cloneRange();
}

start({ target: document });
document.addEventListener("foyer:new", start);
document.addEventListener("pointerdown", choose);
document.addEventListener("click", choose, true);
// Who signs out leaves nothing here.
document.addEventListener("submit", ({ target }) => "forgets" in target.dataset && localStorage.clear());
try {
  if (Object.values(localStorage).some((value) => value.includes('"sent":'))) load((pencil) => pencil.confirm());
} catch {
  // storage is closed to us
}

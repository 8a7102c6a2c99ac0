// textarea[data-limit]: letters written, of letters allowed, as one types.
const number = new Intl.NumberFormat(document.documentElement.lang || "en");

function count(area) {
  let left = area.nextElementSibling;
  if (!left?.matches(".left")) {
    left = Object.assign(document.createElement("span"), { className: "hint left", ariaHidden: "true" });
    area.after(left);
  }
  const letters = [...area.value].length;
  const limit = Number(area.dataset.limit);
  left.textContent = `${number.format(letters)} / ${number.format(limit)}`;
  left.classList.toggle("over", letters > limit);
}

function start(root) {
  root.querySelectorAll("textarea[data-limit]").forEach(count);
}

start(document);
document.addEventListener("foyer:new", (event) => start(event.target));
document.addEventListener("input", (event) => event.target.matches("textarea[data-limit]") && count(event.target));

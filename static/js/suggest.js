// input[data-suggest]: a few films and people for what stands in it, from the address in data-suggest.
const box = document.querySelector("[data-suggest]");
const { form } = box;
const place = Object.assign(document.createElement("div"), { className: "suggested" });
const live = document.querySelector("[data-live]");
let asked, timer;

function show(html) {
  place.innerHTML = html;
  live.textContent = place.firstElementChild?.dataset.words ?? "";
}

async function ask() {
  const words = (asked = box.value.trim());
  const answer = words && (await fetch(`${box.dataset.suggest}?q=${encodeURIComponent(words)}`).catch(() => ""));
  const html = answer?.ok ? await answer.text() : "";
  if (words === asked) show(html.trim());
}

form.append(place);
box.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, 150);
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && place.firstChild) {
    event.preventDefault();
    asked = show("");
    box.focus();
  }
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const stops = [box, ...place.querySelectorAll("a")];
  const next = way && stops[stops.indexOf(document.activeElement) + way];
  if (next && stops.length > 1) {
    event.preventDefault();
    next.focus();
  }
});
form.addEventListener("focusout", ({ relatedTarget: to }) => to && !form.contains(to) && (asked = show("")));

// [data-card]: the title card of what is typed, drawn by the server a moment after each change.
const WAIT = 250; // milliseconds
const FIELDS = ["title", "year", "category"];
const place = document.querySelector("[data-card]");
const form = place?.closest("form");
let timer;
let asked = 0;

async function draw() {
  const number = ++asked;
  const query = new URLSearchParams(FIELDS.map((name) => [name, form.elements[name]?.value || ""]));
  const answer = await fetch(`${place.dataset.card}?${query}`).catch(() => null);
  if (!answer?.ok || answer.redirected || number !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...page.body.childNodes);
}

function soon(event) {
  if (!FIELDS.includes(event.target.name)) return;
  clearTimeout(timer);
  timer = setTimeout(draw, WAIT);
}

if (form?.elements.title) {
  form.addEventListener("input", soon);
  // Django's autocomplete tells its changes by its own jQuery alone.
  window.django?.jQuery(form).on("change", (event) => soon(event));
}

// What the form of a film asks our own server as one types, and shows beside it: the title card (data-card), what an
// address names (input[data-source]), and films that this one may be already (input[data-twins]).
const WAIT = 250; // milliseconds
const CARD = ["title", "year", "category"];
const TWINS = ["title", "original_title", "year", "video"];
const timers = new WeakMap(); // places, and the timer of their next question
const asked = new WeakMap(); // places, and how many questions were asked for them

async function ask(place, address, values) {
  const number = (asked.get(place) || 0) + 1;
  asked.set(place, number);
  const answer = await fetch(`${address}?${new URLSearchParams(values)}`).catch(() => null);
  const isTold = answer && (answer.ok || answer.status === 422) && !answer.redirected;
  if (!isTold || asked.get(place) !== number) return; // another question came after
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.classList.toggle("wrong", answer.status === 422);
  place.replaceChildren(...page.body.childNodes);
}

function soon(place, address, values) {
  clearTimeout(timers.get(place));
  timers.set(place, setTimeout(ask, WAIT, place, address, values));
}

const values = (form, names) => names.map((name) => [name, form.elements[name]?.value || ""]);

const card = document.querySelector("[data-card]");
if (card?.closest("form").elements.title) {
  const form = card.closest("form");
  const draw = ({ target }) => CARD.includes(target.name) && soon(card, card.dataset.card, values(form, CARD));
  form.addEventListener("input", draw);
  // Django's autocomplete tells its changes by its own jQuery alone.
  window.django?.jQuery(form).on("change", draw);
}

const title = document.querySelector("input[data-twins]");
if (title) {
  const place = document.createElement("div");
  place.ariaLive = "polite";
  title.closest(".form-row").append(place);
  title.form.addEventListener("input", ({ target }) => {
    const also = ["film", title.dataset.film || ""];
    if (TWINS.includes(target.name)) soon(place, title.dataset.twins, [...values(title.form, TWINS), also]);
  });
}

function teller(input) {
  const id = `${input.id}-told`;
  let line = document.getElementById(id);
  if (!line) {
    line = Object.assign(document.createElement("p"), { id, className: "source-told", ariaLive: "polite" });
    (input.closest(".flex-container") || input).after(line);
    input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
  }
  return line;
}

function tell(input, when) {
  const line = teller(input);
  const address = input.value.trim();
  if (address) return when(line, input.dataset.source, { address });
  clearTimeout(timers.get(line));
  asked.set(line, (asked.get(line) || 0) + 1);
  line.replaceChildren();
}

document.addEventListener("input", ({ target }) => target.matches("input[data-source]") && tell(target, soon));
for (const input of document.querySelectorAll("input[data-source]")) if (input.value && !input.defaultValue) tell(input, ask);

// input[data-twins]: below the title, films that this one may be already, as title, year or address change.
const WAIT = 400; // milliseconds
const FIELDS = ["title", "original_title", "year", "video"];
const title = document.querySelector("input[data-twins]");
let timer;
let asked = 0;
let place;

async function ask() {
  const number = ++asked;
  const { form } = title;
  const query = new URLSearchParams(FIELDS.map((name) => [name, form.elements[name]?.value || ""]));
  query.set("film", title.dataset.film || "");
  const answer = await fetch(`${title.dataset.twins}?${query}`).catch(() => null);
  if (!answer?.ok || answer.redirected || number !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...page.body.childNodes);
}

if (title) {
  place = document.createElement("div");
  place.setAttribute("aria-live", "polite");
  title.closest(".form-row").append(place);
  title.form.addEventListener("input", (event) => {
    if (!FIELDS.includes(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
}

// input[data-source]: below it, what the address names, asked of our own server as it is pasted.
const WAIT = 250; // milliseconds
const timers = new WeakMap();

function teller(input) {
  const id = `${input.id}-told`;
  let line = document.getElementById(id);
  if (!line) {
    line = Object.assign(document.createElement("p"), { id, className: "source-told" });
    line.setAttribute("aria-live", "polite");
    (input.closest(".flex-container") || input).after(line);
    input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
  }
  return line;
}

async function ask(input) {
  const address = input.value.trim();
  const line = teller(input);
  line.classList.remove("wrong");
  if (!address) return line.replaceChildren();
  const answer = await fetch(`${input.dataset.source}?${new URLSearchParams({ address })}`).catch(() => null);
  const known = answer && (answer.ok || answer.status === 422) && !answer.redirected;
  if (!known || input.value.trim() !== address) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  line.classList.toggle("wrong", answer.status === 422);
  line.replaceChildren(...page.body.childNodes);
}

document.addEventListener("input", (event) => {
  const input = event.target;
  if (!input.matches("input[data-source]")) return;
  clearTimeout(timers.get(input));
  timers.set(input, setTimeout(ask, WAIT, input));
});
document.querySelectorAll("input[data-source]").forEach((input) => input.value && !input.defaultValue && ask(input));

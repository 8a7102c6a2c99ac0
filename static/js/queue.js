// The moderators' queue by keyboard, who has taken what up, counts that stay true, and words to the author
// to begin with. Everything works as plain forms without it: a key presses what stands on the page.
(() => {
  const cards = [...document.querySelectorAll("[data-card]")];
  const list = document.getElementById("changelist-form");
  const place = `at ${location.pathname}${location.search}`;
  let at = cards.length && !list ? 0 : -1; // a comment's own page is one card

  function go(to) {
    if (!cards.length) return;
    at = Math.max(0, Math.min(to, cards.length - 1));
    cards[at].focus({preventScroll: true});
    cards[at].scrollIntoView({block: "nearest"});
    keep();
  }

  // One's place: which number it is, and the cards from there on. What is decided is known again only as
  // it was seen: changed, held for example, it is passed over; refused, one is there still.
  const id = card => card.querySelector(".action-select")?.value;
  const seen = card => `${id(card)} ${card.querySelector("[name^=seen]")?.value}`;
  function keep(decided = []) {
    const rest = cards.slice(at).map(card => decided.includes(card) ? seen(card) : id(card));
    sessionStorage.setItem(place, JSON.stringify([at, rest]));
  }
  function begin() {
    const [from, rest] = JSON.parse(sessionStorage.getItem(place) || "[0, []]");
    const found = rest.map(key => cards.findIndex(card => key === id(card) || key === seen(card)));
    go(found.find(number => number >= 0) ?? from);
  }
  list?.addEventListener("submit", event => {
    keep(event.submitter?.name === "one" ? [event.submitter.closest("[data-card]")] : chosen());
  });
  // What an undo brings back stands where it stood.
  document.querySelector(".undo-bar")?.addEventListener("submit", () => {
    sessionStorage.setItem(place, JSON.stringify([at, []]));
  });

  const chosen = () => cards.filter(card => card.querySelector(".action-select:checked"));
  const button = (card, verb) => card.querySelector(`[data-verb=${verb}]`);

  function press(...verbs) {
    const many = chosen();
    if (many.length) return pressForAll(verbs.find(verb => many.some(card => button(card, verb))));
    for (const verb of verbs) {
      const found = cards[at] && button(cards[at], verb);
      if (found) return found.click();
    }
  }

  function pressForAll(verb) {
    if (!verb) return;
    list.elements.action.value = verb;
    list.querySelector("[name=index]").click();
  }

  function remove() {
    if (chosen().length) {
      list.elements.action.value = "remove";
      return list.elements.reason.focus();
    }
    const details = cards[at]?.querySelector("[data-remove]");
    if (!details) return;
    details.open = true;
    details.scrollIntoView({block: "nearest"});
    details.querySelector("select").focus();
  }

  function help() {
    const keys = document.querySelector("[data-keys]");
    if (!keys) return;
    keys.open = !keys.open;
    if (keys.open) keys.querySelector("summary").focus({preventScroll: true});
    else if (at >= 0) go(at);
  }

  // All of the page, or all here by whoever wrote this one; all of them again: none.
  function choose(some) {
    const boxes = some.map(card => card.querySelector(".action-select")).filter(Boolean);
    const all = boxes.every(box => box.checked);
    for (const box of boxes) if (box.checked === all) box.click();
  }

  // Out of a field, and back to the card.
  function leave(field) {
    const details = field.closest("[data-remove][open]");
    if (details) details.open = false;
    field.blur();
    go(at);
  }

  const tab = number => document.querySelector(`[data-counts] li:nth-child(${number}) a`)?.click();
  const here = selector => (cards[at] || document).querySelector(selector);

  function above() {
    const details = here("[data-above]");
    if (!details) return;
    details.open = !details.open;
    cards[at].scrollIntoView({block: "nearest"});
  }

  const keys = {
    j: () => here("[data-next]")?.click() ?? go(at + 1),
    k: () => go(at - 1),
    a: () => press("accept", "approve", "restore"),
    h: () => press("hold"),
    s: () => press("spam"),
    r: remove,
    b: () => here("[data-person]")?.click(),
    u: () => document.querySelector("[data-undo]")?.click(),
    x: () => here(".action-select")?.click(),
    X: () => choose(cards),
    w: () => choose(cards.filter(card => card.dataset.author === cards[at]?.dataset.author)),
    e: above,
    o: () => here("[data-open]")?.click(),
    p: () => here("[data-preview]")?.click(),
    "?": help,
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map(number => [number, () => tab(number)])),
    Escape: () => document.querySelector("[data-keys][open]") && help(),
  };

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.matches("select, textarea, input:not([type=checkbox])")) return event.key === "Escape" && leave(event.target);
    const act = document.querySelector("[data-card], [data-undo], [data-counts]") && keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // Who opens a comment, or begins to remove it, has taken it up. The page does not wait for the answer.
  async function claim(card) {
    const link = card.querySelector("[data-open]");
    if (!link || card.dataset.claimed) return;
    card.dataset.claimed = "yes";
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const headers = {"X-CSRFToken": token, Accept: "application/json"};
    const answer = await fetch(link.dataset.open, {method: "POST", headers, keepalive: true}).catch(() => null);
    if (answer?.status !== 409) return;
    const note = document.createElement("p");
    note.className = "claim";
    note.setAttribute("role", "status");
    note.textContent = (await answer.json()).words;
    card.querySelector("header").after(note);
  }

  for (const card of cards) {
    card.querySelector("[data-open]")?.addEventListener("click", () => claim(card));
    card.querySelector("[data-preview]")?.addEventListener("click", () => claim(card));
    card.querySelector("[data-remove]")?.addEventListener("toggle", event => event.target.open && claim(card));
  }

  // A reason that is chosen and Enter: no way through the words and the button.
  document.addEventListener("keydown", event => {
    if (event.key !== "Enter" || !event.target.matches("select[name^=reason]") || !event.target.value) return;
    event.preventDefault();
    const here = event.target.closest("[data-remove]");
    (here ? here.querySelector("button") : list?.querySelector("[name=index]"))?.click();
  });

  // The card that a click or Tab goes into is the one that keys are for.
  cards.forEach((card, number) => card.addEventListener("focusin", () => { at = number; }));
  if (cards.length && document.querySelector("[data-keys]")) begin();

  const counter = list?.querySelector(".action-counter");
  const none = counter?.textContent; // "0 of 50 selected", in any language
  if (counter) list.addEventListener("change", () => { counter.textContent = none.replace(/\b0\b/, chosen().length); });

  const tabs = document.querySelector("[data-counts]");
  const COUNT_MS = 30000;
  const title = document.title;
  // Says what came since the page was made: in the tab of the browser, and by a link over the list.
  function tell(counts) {
    const here = tabs.querySelector("[aria-current] [data-count]");
    const more = Number(counts[here.dataset.count]) - Number(here.dataset.shown);
    document.title = /^[1-9]/.test(counts.needs) ? `(${counts.needs}) ${title}` : title;
    const link = tabs.querySelector("[data-more]");
    link.hidden = !(more > 0);
    if (more > 0) link.querySelector("span").textContent = more;
  }
  async function count() {
    const answer = await fetch(tabs.dataset.counts, {headers: {Accept: "application/json"}}).catch(() => null);
    if (!answer?.ok) return;
    const counts = await answer.json();
    for (const [name, shown] of Object.entries(counts)) {
      tabs.querySelector(`[data-count="${name}"]`).textContent = shown;
    }
    tell(counts);
  }
  if (tabs) {
    setInterval(count, COUNT_MS);
    document.addEventListener("visibilitychange", () => document.hidden || count());
    tell(Object.fromEntries([...tabs.querySelectorAll("[data-count]")].map(one => [one.dataset.count, one.textContent])));
  }

  for (const select of document.querySelectorAll("[data-canned]")) {
    const words = document.getElementById(select.dataset.canned);
    let put = "";
    select.addEventListener("change", () => {
      if (words.value && words.value !== put) return; // the moderator's own
      put = select.selectedOptions[0].dataset.words || "";
      words.value = put;
    });
  }
})();

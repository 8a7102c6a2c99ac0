// The moderators' queue by keyboard, and words to the author to begin with. Everything works as plain
// forms without it: a key presses the button of the card in focus.
(() => {
  const cards = [...document.querySelectorAll("[data-card]")];
  const place = `queue ${location.pathname}`;
  let at = -1;

  function go(to) {
    if (!cards.length) return;
    at = Math.max(0, Math.min(to, cards.length - 1));
    cards[at].focus({preventScroll: true});
    cards[at].scrollIntoView({block: "nearest"});
    sessionStorage.setItem(place, at);
  }

  function press(...verbs) {
    for (const verb of verbs) {
      const button = cards[at]?.querySelector(`[data-verb=${verb}]`);
      if (button) return button.click();
    }
  }

  function remove() {
    const details = cards[at]?.querySelector("[data-remove]");
    if (!details) return;
    details.open = true;
    details.querySelector("select").focus();
  }

  function help() {
    const keys = document.querySelector("[data-keys]");
    if (!keys) return;
    keys.open = !keys.open;
    if (keys.open) keys.querySelector("summary").focus();
  }

  const keys = {
    j: () => go(at + 1),
    k: () => go(at - 1),
    a: () => press("approve", "restore"),
    h: () => press("hold"),
    s: () => press("spam"),
    r: remove,
    u: () => document.querySelector("[data-undo]")?.click(),
    "?": help,
  };

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.matches("select, textarea, input:not([type=checkbox])")) return;
    const act = document.querySelector("[data-card], [data-undo]") && keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // The card that a click or Tab goes into is the one that keys are for.
  cards.forEach((card, number) => card.addEventListener("focusin", () => { at = number; }));
  if (cards.length && document.querySelector("[data-keys]")) go(Number(sessionStorage.getItem(place) || 0));

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

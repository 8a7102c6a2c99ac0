// a[data-form-link]: its form opens in place, under what it answers, and is posted from there by htmx.
// One form is open at a time; a closed one keeps its words. Without htmx the link is a link.
const FORM = "form[data-form]";
const PLACE = "[data-form-place]";
const live = document.querySelector("[data-live]");
const places = new Map(); // by address of the form

function open(link) {
  document.querySelector(PLACE)?.remove();
  let place = places.get(link.href);
  const fetched = Boolean(place);
  if (!fetched) {
    place = document.createElement("div");
    place.dataset.formPlace = link.href;
    places.set(link.href, place);
  }
  (link.closest("p") || link).after(place);
  if (fetched) return ready(place);
  return send("GET", link.href, place, place);
}

function ready(place) {
  attend(place);
  place.dispatchEvent(new CustomEvent("foyer:new", { bubbles: true }));
}

function close(place) {
  const address = place.dataset.formPlace;
  place.remove();
  [...document.querySelectorAll("a[data-form-link]")].find((link) => link.href === address)?.focus();
}

function send(verb, address, source, place, values = {}) {
  if (place.ariaBusy === "true") return;
  place.ariaBusy = "true";
  const select = `${FORM}, article.comment`;
  window.htmx
    .ajax(verb, address, { source, target: place, swap: "innerHTML", select, values })
    .catch(() => complain(place, ""))
    .finally(() => (place.ariaBusy = "false"));
}

// What came has neither form nor comment: its reason is shown, and the words stay where they are.
function complain(place, html) {
  const problem = new DOMParser().parseFromString(html, "text/html").querySelector("[data-problem]");
  const alarm = Object.assign(document.createElement("div"), { className: "alarm", role: "alert", tabIndex: -1 });
  alarm.append(...(problem?.childNodes || [live.dataset.failed]));
  place.querySelector(".alarm")?.remove();
  (place.querySelector(FORM) || place).prepend(alarm);
  if (!place.querySelector(FORM)) places.delete(place.dataset.formPlace);
  alarm.focus();
}

function attend(place) {
  const order = [".alarm", "[aria-invalid='true']", ".preview", "textarea", "input:not([type=hidden])"];
  const element = order.map((selector) => place.querySelector(selector)).find(Boolean);
  if (element?.matches(".alarm, .preview")) element.tabIndex = -1;
  element?.focus();
}

// The new comment goes where it belongs; the page stays unless it would be out of sight.
function settle(article, place) {
  places.delete(place.dataset.formPlace);
  place.remove();
  const old = document.getElementById(article.id);
  if (old) {
    article.querySelector("details")?.append(...old.querySelectorAll(":scope > details > :is(.kids, .more)"));
    old.replaceWith(article);
  } else {
    kidsOf(document.getElementById(`c${article.dataset.parent}`)).append(article);
    document.querySelector("#talk .empty")?.remove();
  }
  article.tabIndex = -1;
  article.focus({ preventScroll: true });
  const { top, bottom } = article.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) article.scrollIntoView({ block: "nearest" });
  live.textContent = article.dataset.say || live.dataset.posted;
}

// The page's head and its list go on saying the same number.
function count(told) {
  const talk = document.querySelector("[data-comment-count]");
  if (talk) talk.dataset.commentCount = told.dataset.count;
  for (const link of document.querySelectorAll(".kick a[href='#talk']")) link.textContent = told.textContent;
}

export function kidsOf(parent) {
  if (!parent) return document.querySelector(".talk");
  const body = parent.querySelector(":scope > details") || parent;
  body.open = true;
  let kids = body.querySelector(":scope > .kids");
  if (!kids) {
    kids = Object.assign(document.createElement("div"), { className: "kids" });
    body.insertBefore(kids, body.querySelector(":scope > .more"));
  }
  return kids;
}

document.addEventListener("click", (event) => {
  if (!window.htmx || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[data-form-link]");
  const place = event.target.closest("a[data-cancel]")?.closest(PLACE);
  if (!link && !place) return;
  event.preventDefault();
  if (link) open(link);
  else close(place);
});

document.addEventListener("submit", (event) => {
  const place = event.target.closest(PLACE);
  if (!place || !window.htmx) return;
  event.preventDefault();
  const button = event.submitter;
  send("POST", event.target.action, event.target, place, button?.name ? { [button.name]: button.value } : {});
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const place = event.target.closest(PLACE);
  if (!place || !event.detail.shouldSwap) return;
  const page = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
  const edited = page.getElementById(place.closest(".comment")?.id);
  if (edited) { // in the page that an edit leads to; what hangs below it is here already
    edited.querySelectorAll(".kids, .more").forEach((below) => below.remove());
    event.detail.serverResponse = edited.outerHTML;
  } else if (!page.querySelector(`${FORM}, article.comment`)) {
    event.detail.shouldSwap = false;
    complain(place, event.detail.serverResponse);
  }
  const told = page.querySelector("[data-count]");
  if (told) count(told);
});

document.addEventListener("htmx:responseError", (event) => {
  const place = event.target.closest(PLACE);
  if (place) complain(place, event.detail.xhr.responseText);
});

document.addEventListener("htmx:afterSwap", (event) => {
  const place = event.target.closest(PLACE);
  if (!place) return;
  if (!place.querySelector("textarea")) place.dispatchEvent(new Event("foyer:posted"));
  if (place.querySelector(FORM)) return ready(place);
  const article = place.querySelector("article.comment");
  settle(article, place);
  article.dispatchEvent(new CustomEvent("foyer:new", { bubbles: true }));
});

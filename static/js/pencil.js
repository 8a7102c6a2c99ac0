// form[data-pencil]: what helps to write, in one file, as together it weighs a fifth less than in parts: marks and
// quotations, names, drafts, time that is left, no network. Its words and buttons stand in the form's <template>.
const begun = new WeakMap(); // forms, and when they are ready
const say = (words) => (document.querySelector("[data-live]").textContent = words);

// Puts words into a textarea as a person would: it can be undone, and everybody hears of it.
function put(area, from, to, text) {
  area.focus();
  area.setSelectionRange(from, to);
  if (document.execCommand(text ? "insertText" : "delete", false, text)) return;
  area.setRangeText(text, from, to, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

// What was selected in the comment that is answered, as a quotation, without what spoilers hide.
function quote(area, body, range) {
  const part = new Range();
  part.selectNodeContents(body);
  if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) part.setStart(range.startContainer, range.startOffset);
  if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(range.endContainer, range.endOffset);
  const around = part.commonAncestorContainer;
  if (!body.contains(around) || (around.closest ? around : around.parentNode).closest(".comment-body details")) return;
  const shown = Object.assign(document.createElement("div"), { className: "sr" });
  shown.append(part.cloneContents());
  shown.querySelectorAll("details").forEach((spoiler) => spoiler.replaceWith("[spoiler]"));
  body.append(shown); // its lines are known once it is shown
  const text = shown.innerText.trim();
  shown.remove();
  const typed = area.value.trimEnd();
  if (text) put(area, typed.length, area.value.length, `${typed && "\n\n"}${text.replace(/^/gm, "> ")}\n\n`);
}

// **bold** and its like, put around what is selected, or taken away.
function around(area, open, close) {
  const { value, selectionStart, selectionEnd } = area;
  const words = value.slice(selectionStart, selectionEnd).trim();
  const from = words ? value.indexOf(words, selectionStart) : selectionStart;
  const to = from + words.length;
  const before = value.slice(0, from);
  const isBold = open === "*" && /(?<!\*)(\*\*)+$/.test(before); // of two stars none is emphasis
  const isMarked = before.endsWith(open) && value.startsWith(close, to) && !isBold;
  const start = isMarked ? from - open.length : from;
  put(area, start, isMarked ? to + close.length : to, isMarked ? words : open + words + close);
  const at = isMarked ? start : from + open.length;
  area.setSelectionRange(at, at + words.length);
}

// "> " and its like, put before each line that is selected, or taken away.
function before(area, sign) {
  const { value, selectionStart, selectionEnd } = area;
  const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const lines = value.slice(from, selectionEnd);
  const marked = sign + lines.replaceAll("\n", `\n${sign}`);
  const isMarked = lines.split("\n").every((line) => line.startsWith(sign));
  put(area, from, selectionEnd, isMarked ? lines.slice(sign.length).replaceAll(`\n${sign}`, "\n") : marked);
}

function tools(area, bar) {
  const press = ({ dataset: { open, close, line } }) => (line ? before(area, line) : around(area, open, close || open));
  area.before(bar);
  bar.addEventListener("click", ({ target }) => target !== bar && press(target.closest("button")));
  area.addEventListener("keydown", (event) => {
    const button = area.form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!button || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (button.matches(".main")) button.form.requestSubmit(button);
    else press(button);
  });
}

// ----------------------------------------------------------------------------------------------- names

// "@": names in this talk, to choose from by keys, mouse or touch.
const ASKED = /(?<![^\s(])@([^\s@]*(?: [^\s@]+){0,3})$/;

function mentions(area, list, topic) {
  let timer, at;
  let done = ""; // for what is typed on from here there is no list
  const typed = () => ASKED.exec(area.value.slice(0, area.selectionEnd))?.[1];
  const refer = (name, id) => (id ? area.setAttribute(`aria-${name}`, id) : area.removeAttribute(`aria-${name}`));

  function hide() {
    list.remove();
    refer("activedescendant");
    refer("controls");
  }

  function mark(to) {
    const options = [...list.children];
    at = options.at(to % options.length);
    options.forEach((option) => (option.ariaSelected = option === at));
    refer("activedescendant", at.id);
    at.scrollIntoView({ block: "nearest" });
  }

  async function look() {
    const q = typed();
    const answer = await fetch(`/topics/${topic}/names/?${new URLSearchParams({ q })}`).catch(() => 0);
    const { names } = answer.ok ? await answer.json() : { names: [] };
    if (q !== typed()) return;
    if (!names.length || names[0] === q) return hide((done = q));
    list.replaceChildren(
      ...names.map((textContent, number) =>
        Object.assign(document.createElement("li"), { textContent, id: `name-${number}`, role: "option", dir: "auto" }),
      ),
    );
    area.after(list);
    area.ariaAutoComplete = "list"; // a textarea may not be called a combobox: the number is said instead
    say(`${list.ariaLabel}: ${names.length}`);
    refer("controls", list.id);
    mark(0);
  }

  function choose({ textContent }) {
    const { length } = typed();
    done = textContent;
    hide(put(area, area.selectionEnd - length, area.selectionEnd, `${done} `));
  }

  area.addEventListener("input", () => {
    clearTimeout(timer);
    const q = typed();
    if (!q) done = "";
    if (q === undefined || (done && q.startsWith(done))) hide();
    else timer = setTimeout(look, 150);
  });
  area.addEventListener("blur", hide);
  area.addEventListener("keydown", (event) => {
    const index = [...list.children].indexOf(at);
    const choice = () => choose(at);
    const act = {
      ArrowDown: () => mark(index + 1),
      ArrowUp: () => mark(index - 1),
      Enter: choice,
      Tab: choice,
      Escape: () => hide((done = typed())),
    }[event.key];
    if (!act || !list.isConnected || event.ctrlKey || event.metaKey || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    act();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the text
  list.addEventListener("click", ({ target }) => target !== list && choose(target));
}

// ---------------------------------------------------------------------------------------------- drafts

// What is written stays on this device until the server has it: in localStorage under "draft <place> <tab>",
// {who, text, at, base, sent, submission}.
const MOST = 20;
const DAY = 864e5; // milliseconds
const MONTH = 30 * DAY;
const TAB = Math.random();
const drop = (key) => localStorage.removeItem(key);
const store = (key, entry) => localStorage.setItem(key, JSON.stringify(entry));

// With their keys, the latest last.
function all(start = "draft ") {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(start));
  return keys.map((key) => ({ ...JSON.parse(localStorage[key]), key })).sort((one, other) => one.at - other.at);
}

// What was sent, but whose answer nobody saw here: did it arrive?
export async function confirm() {
  for (const { key, sent, submission, ...rest } of all()) {
    if (!sent) continue;
    const isHere = /comments.(\d+).(edit|note)/.exec(key)?.[1] === location.hash.slice(2); // where an edit leads to
    const answer = isHere || !submission ? { ok: isHere } : await fetch(`/comments/sent/${submission}/`).catch(() => 0);
    if (answer.ok && rest.text === sent) drop(key);
    else if (answer.ok || (answer && Date.now() - rest.at > 60_000)) store(key, rest);
  }
}

async function drafts(form, part, replace) {
  const { body, base, submission } = form.elements;
  const start = `draft ${new URL(form.action).pathname} `;
  const key = start + TAB;
  const isRefused = "sent" in form.dataset;
  const given = isRefused ? "" : body.value; // by the server
  let { writer } = form.dataset; // "": a guest
  let timer, line;

  function save(sent) {
    timer = clearTimeout(timer);
    const text = body.value;
    if (writer === null || !form.parentNode) return; // signed out, posted, or another form has its place
    if (text === given || !text.trim()) return drop(key);
    store(key, { who: writer, text, at: Date.now(), base: base?.value, submission: submission?.value, sent });
    all().slice(0, -MOST).forEach((entry) => drop(entry.key));
  }

  // A line over the text, with buttons; a press takes it away.
  function show(name, { at, text }, act) {
    line?.remove();
    line = part(name);
    const style = { timeStyle: "short", hourCycle: "h23", dateStyle: Date.now() - at < DAY ? undefined : "medium" };
    line.querySelector("time").textContent = new Date(at).toLocaleString(document.documentElement.lang, style);
    line.querySelector("blockquote")?.append(text);
    body.before(line);
    line.addEventListener("click", ({ target: { value } }) => {
      if (!value) return;
      line.remove();
      act(value);
      body.focus();
      save();
    });
  }

  // Words that another tab, or an earlier hour, has for this very place.
  function offer(entry) {
    show("other", entry, (choice) => {
      drop(entry.key);
      if (choice === "theirs") replace(entry.text);
    });
  }

  function restore() {
    // A member's are no other member's; a guest's go with who signs in.
    const last = all(start).findLast(({ who }) => !who || who === writer);
    if (!last) return save();
    const { text, sent } = last;
    const isSame = !isRefused && text === body.value;
    if (isSame || (isRefused && (sent || last.submission === submission?.value))) drop(last.key); // these words grew out of it
    if (isSame || isRefused) return save();
    if (last.base !== base?.value) return offer(last);
    body.value = given && !base ? `${text.trimEnd()}\n\n${given}` : text;
    body.dispatchEvent(new Event("input", { bubbles: true }));
    if (sent) submission.value = last.submission; // so that it is never posted twice
    drop(last.key);
    store(key, last);
    show("draft", last, () => replace(given));
    say(line.firstElementChild.textContent);
  }

  for (const { key, who, at } of all()) {
    if ((writer && who && who !== writer) || Date.now() - at > MONTH) drop(key);
  }
  if (!isRefused) await confirm();
  if (isRefused || body.value === given) restore();
  body.addEventListener("input", () => (timer ||= setTimeout(save, 250)));
  form.addEventListener("submit", ({ submitter }) => save(submitter?.name ? undefined : body.value));
  form.parentNode.addEventListener("foyer:posted", () => drop(key) || (writer = null));
  addEventListener("pagehide", () => timer && save());
  addEventListener("storage", ({ key, newValue }) => {
    if (key === null) writer = null; // signed out in another tab
    if (!key?.startsWith(start) || !newValue) return;
    const entry = JSON.parse(newValue);
    if (entry.text !== body.value) offer({ ...entry, key });
  });
}

// ------------------------------------------------------------------------------------ time and network

// Pressed without a network: it says so, and when there is one again. Nothing is sent by itself.
function online(form, note) {
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    event.stopPropagation();
    note.textContent = note.dataset.offline;
    form.prepend(note);
    note.focus();
  });
  addEventListener("online", () => (note.textContent = note.dataset.online));
}

// The time that is left for editing; said aloud once, in its last minute.
function countDown(line) {
  const { until, now, left, last, over } = line.dataset;
  const end = Date.parse(until) - Date.parse(now) + Date.now(); // this device's clock may be wrong
  let isTold;
  const timer = setInterval(() => {
    const seconds = Math.ceil((end - Date.now()) / 1000);
    if (seconds >= 3600) return;
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, 0)}`;
    line.textContent = seconds > 0 ? left.replace("0:00", time) : over;
    if (seconds <= 60 && !isTold) isTold = say(last);
    if (seconds <= 0) clearInterval(timer, say(over));
  }, 1000);
}

// ------------------------------------------------------------------------------------------- all of it

function begin(form) {
  const area = form.elements.body;
  const parts = form.querySelector("template").content;
  const part = (name) => parts.querySelector(`.${name}`).cloneNode(true);
  const line = form.querySelector("[data-until]");
  if (line) countDown(line);
  if (document.activeElement === area) area.setSelectionRange(area.value.length, area.value.length);
  tools(area, part("tools"));
  mentions(area, part("names"), form.dataset.topic);
  online(form, part("alarm"));
  const replace = (text) => put(area, 0, area.value.length, text);
  return drafts(form, part, replace).catch(() => {}); // storage is closed to us
}

export function start(root, range) {
  for (const form of root.querySelectorAll("form[data-pencil]")) {
    if (!begun.has(form)) begun.set(form, begin(form));
    const body = form.closest(".comment")?.querySelector(".comment-body");
    if (range && form.dataset.pencil === "reply") begun.get(form).then(() => quote(form.elements.body, body, range));
  }
}

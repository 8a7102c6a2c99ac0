// [data-proof]: solves the challenge (altcha's second format) that came with a guest's form, while its guest writes.
// Each try is made off the page's own thread; who posts before it is done waits for it, and is never stopped.
const begun = new WeakSet();
const bytes = (text) => Uint8Array.from(text.match(/../g), (two) => parseInt(two, 16));
const hex = (buffer) => [...new Uint8Array(buffer)].map((one) => one.toString(16).padStart(2, 0)).join("");

async function solve(challenge) {
  const { cost, keyPrefix, nonce, salt } = challenge.parameters;
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  const words = bytes(`${nonce}00000000`);
  for (let counter = 0; ; counter++) {
    new DataView(words.buffer).setUint32(words.length - 4, counter);
    const key = await crypto.subtle.importKey("raw", words, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hex(await crypto.subtle.deriveBits(how, key, 256));
    if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
  }
}

function begin(field) {
  const { form } = field;
  let isDone, isAwaited;
  if (crypto.subtle) form.querySelector("[data-unproved]")?.remove(); // what is said where nothing can be proved
  const work = solve(JSON.parse(field.dataset.proof))
    .then((solution) => (field.value = solution), () => {}) // it cannot be done here: a moderator reads it first
    .then(() => (isDone = true));
  const hold = (event) => {
    const { submitter } = event;
    if (isDone || submitter?.name === "preview") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (isAwaited) return;
    isAwaited = form.ariaBusy = "true";
    work.then(() => {
      form.ariaBusy = null;
      if (form.isConnected) form.requestSubmit(submitter);
    });
  };
  form.addEventListener("submit", hold, true);
}

export function start(root) {
  for (const field of root.querySelectorAll("[data-proof]")) if (!begun.has(field)) begin(field, begun.add(field));
}

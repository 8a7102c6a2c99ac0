// Django's autocompletes are drawn by select2, which gives them no name: the label of their select names them.
function name(container) {
  const words = container.previousElementSibling?.labels?.[0]?.textContent.replace(/[:\s]+$/, "").trim();
  if (!words) return;
  for (const part of container.querySelectorAll("[role=combobox], [role=textbox], input[type=search]")) {
    if (part.matches("[role=combobox]") && part.hasAttribute("aria-labelledby")) {
      part.setAttribute("aria-describedby", part.getAttribute("aria-labelledby"));
      part.removeAttribute("aria-labelledby");
    }
    part.setAttribute("aria-label", words);
  }
}

const nameAll = () => document.querySelectorAll(".select2-container").forEach(name);
let due;
new MutationObserver(() => {
  cancelAnimationFrame(due);
  due = requestAnimationFrame(nameAll);
}).observe(document.querySelector("#content"), { childList: true, subtree: true });
nameAll();

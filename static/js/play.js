// a[data-player]: the film takes the place of the picture. Until then nothing is asked of its site.
// data-player is "frame" or "video", data-embed the address, data-title what it plays.
function frame() {
  const made = document.createElement("iframe");
  made.referrerPolicy = "strict-origin-when-cross-origin"; // YouTube shows nothing without a referrer
  made.sandbox = "allow-scripts allow-same-origin allow-presentation allow-popups";
  made.allow = "autoplay; fullscreen; picture-in-picture";
  return made;
}

function video() {
  return Object.assign(document.createElement("video"), { controls: true, autoplay: true, playsInline: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-player]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const screen = link.closest(".screen");
  if (!screen) return;
  event.preventDefault();
  const player = link.dataset.player === "video" ? video() : frame();
  player.title = link.dataset.title;
  player.tabIndex = 0;
  player.src = link.dataset.embed;
  screen.firstElementChild.replaceWith(player);
  player.focus();
});

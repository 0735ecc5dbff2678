// The one script. Everything works without it: it only saves a tap or a wait.
(() => {
  "use strict";
  const $ = (query, from = document) => [...from.querySelectorAll(query)];
  // What was typed is answered in place: the part of the page that a form names is fetched and put in.
  for (const form of $("form[data-live]")) {
    let asked = 0, timer = 0;
    const part = form.dataset.live;
    const update = async () => {
      const mine = ++asked, place = document.getElementById(part);
      if (!place || !form.checkValidity()) return;
      place.setAttribute("aria-busy", "true");
      try {
        const address = new URL(form.action || location.href);
        address.search = new URLSearchParams(new FormData(form));
        const answer = await fetch(address, { headers: { accept: "text/html" } });
        const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part);
        if (mine === asked && found) { place.replaceWith(found); history.replaceState(null, "", address); }
      } catch { place.removeAttribute("aria-busy"); }
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(update, 300); });
    form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); update(); });
  }
  // A second press of the same button sends nothing twice.
  for (const form of $("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
  }
  addEventListener("pageshow", () => { for (const form of $("form[data-sent]")) delete form.dataset.sent; });
  // Choosing is enough where a page says so.
  for (const select of $("select[data-go]")) select.addEventListener("change", () => select.form.submit());
  // A page that waits for an answer looks again by itself.
  for (const part of $("[data-again]")) setTimeout(() => location.reload(), 1000 * part.dataset.again);
  // A row of ways that is wider than the screen begins where one is.
  for (const here of $("nav [aria-current=page]")) {
    const row = here.closest("nav");
    if (row.scrollWidth > row.clientWidth) row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
  }
  // j and k walk through the rows of a table, / goes to the search, ? shows the keys.
  const rows = () => $("tr[data-go] a, li[data-go] a").filter((each) => each.offsetParent);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) return;
    const all = rows(), at = all.indexOf(document.activeElement);
    const to = { j: all[at + 1], k: all[Math.max(at - 1, 0)], "/": $("[type=search]")[0] }[event.key];
    if (to) { event.preventDefault(); to.focus(); }
    if (event.key === "?") $("dialog")[0]?.showModal?.();
  });
  if ("serviceWorker" in navigator && document.body.dataset.app) navigator.serviceWorker.register("/sw.js");
})();

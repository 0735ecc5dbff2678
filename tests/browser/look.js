// Looks at a page and says what is wrong with it, a sentence each. Runs in the page; changes nothing.
({ least, widest }) => {
  const faults = [];
  const name = (el) => {
    const shown = (el.textContent || el.value || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${el.tagName.toLowerCase()}${el.id ? "#" + el.id : ""}${el.className && el.className.split ? "." + el.className.trim().split(/\s+/).join(".") : ""}> “${shown}”`;
  };
  const seen = (el) => el.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && el.getClientRects().length;
  const hides = (value) => value === "hidden" || value === "clip";
  const all = [...document.body.querySelectorAll("*")].filter((el) => !el.closest(".unseen, .skip") && seen(el));

  // nothing is cut off, and nothing scrolls sideways but what is declared to
  const isWider = (el) => {
    const over = el.clientWidth ? el.scrollWidth - el.clientWidth : 0;
    // The empty half of a full-width mark at the end of a line hangs out of it; nothing is cut.
    const hangs = over > 1 && /[，。、；：？！）》」』】”’]/.test(el.textContent);
    return over > 1 + (hangs ? parseFloat(getComputedStyle(el).fontSize) / 2 : 0);
  };
  for (const el of all) {
    if (el.closest("svg") || el.matches(".scroll, nav, textarea, option")) continue;
    // At twice the size a field shows the beginning of what is in it: a list is opened, a text is moved through.
    if (!least && el.matches("select, input")) continue;
    const style = getComputedStyle(el);
    // Of all that is around it, what is too wide itself is told.
    if (isWider(el) && ![...el.children].some(isWider))
      faults.push(`cut off or scrolling sideways: ${name(el)} ${el.scrollWidth} > ${el.clientWidth}`);
    if (hides(style.overflowY) && el.clientHeight && el.scrollHeight > el.clientHeight + 1)
      faults.push(`cut off below: ${name(el)} ${el.scrollHeight} > ${el.clientHeight}`);
  }
  for (const svg of document.querySelectorAll("main svg")) {
    const frame = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (!box.width) continue;
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        faults.push(`cut off in a chart: “${text.textContent}”`);
    }
  }
  const page = document.documentElement;
  if (page.scrollWidth > widest) faults.push(`the page scrolls sideways: ${page.scrollWidth} > ${widest}`);

  // what is pressed is large enough; a link in the middle of a sentence is exempt, as in WCAG 2.5.8
  const isInSentence = (el) => getComputedStyle(el).display === "inline" &&
    [...el.parentNode.childNodes].some((each) => each.nodeType === 3 && /[\p{L}\p{N}]/u.test(each.data));
  for (const el of all) {
    if (!el.matches("a[href], button, select, textarea, summary, input:not([type=hidden])") || isInSentence(el)) continue;
    let { width, height } = el.getBoundingClientRect();
    if (el.matches("[type=radio], [type=checkbox]") && el.labels[0]) {
      const label = el.labels[0].getBoundingClientRect();
      width = Math.max(width, label.width); height = Math.max(height, label.height);
    }
    const need = el.closest(".console") ? Math.min(least, 24) : least;
    if (Math.min(width, height) < need - 0.5)
      faults.push(`too small to press: ${name(el)} ${Math.round(width)} x ${Math.round(height)} < ${need}`);
  }

  // one first heading, and none skips a level
  const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(seen).map((el) => +el.tagName[1]);
  if (levels.filter((level) => level === 1).length !== 1 || levels[0] !== 1) faults.push(`headings: ${levels}`);
  levels.forEach((level, at) => { if (at && level > levels[at - 1] + 1) faults.push(`a heading skips a level: ${levels}`); });
  return faults;
}

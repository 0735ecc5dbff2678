// Keeps what the Tab key reaches, to be compared with what it should. `begin` and `end` are called around it.
(() => {
  const seen = (el) => el.checkVisibility({ visibilityProperty: true }) && el.getClientRects().length;
  const focusable = () => [...document.querySelectorAll("a[href], button, select, textarea, summary, input, [tabindex]")]
    .filter((el) => !el.disabled && el.type !== "hidden" && el.tabIndex >= 0 && seen(el))
    .filter((el) => el.type !== "radio" || el === (document.querySelector(`input[name="${el.name}"]:checked`) ?? document.querySelector(`input[name="${el.name}"]`)));
  const name = (el) => el ? `<${el.tagName.toLowerCase()}> “${(el.textContent || el.name || "").trim().slice(0, 30)}”` : "nothing";
  window.__tabs = {
    begin() {
      this.expected = focusable(); this.reached = []; this.faults = [];
      document.addEventListener("focusin", (event) => {
        const el = event.target, style = getComputedStyle(el);
        if (this.reached.at(-1) === el || this.reached.length >= this.expected.length) return;
        this.reached.push(el);
        if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) this.faults.push(`focus is not seen: ${name(el)}`);
      });
      return this.expected.length;
    },
    end() {
      if (!this.expected[0]?.matches(".skip")) this.faults.push(`first is no skip link: ${name(this.expected[0])}`);
      const at = this.expected.findIndex((el, place) => this.reached[place] !== el);
      if (at >= 0) this.faults.push(`Tab number ${at + 1} reaches ${name(this.reached[at])}, not ${name(this.expected[at])}`);
      return this.faults;
    },
  };
})()

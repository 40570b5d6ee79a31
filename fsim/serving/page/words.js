// The box for words, and how much they count against a picture.

const HALF = 0.5;

export class Words {
  // `asked` is called with the words when they are sent or taken away, `weighed` while the slider moves.
  constructor(form, asked, weighed) {
    this.form = form;
    this.field = form.querySelector("[type=search]");
    this.balance = form.querySelector("#balance");
    this.slider = form.querySelector("[type=range]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (matchMedia("(hover: none)").matches) this.field.blur(); // the keyboard would hide what is found
      asked(this.text);
    });
    this.field.addEventListener("input", () => {
      if (!this.field.value) asked("");
    });
    this.slider.addEventListener("input", () => {
      this.sayWeight();
      weighed(this.slider.valueAsNumber);
    });
  }

  get text() {
    return this.field.value.trim();
  }

  allow(letters) {
    this.field.maxLength = letters;
    this.form.hidden = false;
  }

  // `balanced` where there is a picture too.
  show({ text = "", weight = HALF } = {}, balanced = false) {
    this.field.value = text;
    this.slider.value = weight;
    this.sayWeight();
    this.balance.hidden = !(text && balanced);
  }

  sayWeight() {
    this.slider.setAttribute("aria-valuetext", `${Math.round(100 * this.slider.value)} % words`);
  }
}
